import { readFileSync } from 'node:fs';
import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';

const program = readFileSync(new URL('./protect.sh', import.meta.url), 'utf8');

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      /** Two runs on one machine, whose rules are files. */
      const run = (iptables: string) =>
        runInShell(shell, `sh -c "$1" && sh -c "$1"; code=$?; cat /opt/rules; exit $code`, [program], {
          ...{ env: { private_ranges: '10.0.0.0/8 192.168.0.0/16' }, programs: { iptables } },
        });

      test('protect.sh inserts each rule once', async () => {
        const { exitCode, stdout } = await run(
          'what=$1; shift; if [ "$what" = --check ]; then grep -qxF -e "$*" /opt/rules; else echo "$*" >> /opt/rules; fi',
        );
        expect(exitCode).toBe(0);
        expect(stdout.split('\n')).toEqual([
          'INPUT --in-interface docker0 --jump REJECT',
          'DOCKER-USER --in-interface docker0 --destination 10.0.0.0/8 --jump REJECT',
          'DOCKER-USER --in-interface docker0 --destination 192.168.0.0/16 --jump REJECT',
          'DOCKER-USER --in-interface docker0 --destination 169.254.169.254 --protocol udp --dport 53 --jump RETURN',
          '',
        ]);
      });

      test('protect.sh fails with the first rule that cannot be set', async () => {
        expect(await run('echo "$*" >> /opt/rules; exit 1')).toMatchObject({
          exitCode: 1,
          stdout:
            '--check INPUT --in-interface docker0 --jump REJECT\n--insert INPUT --in-interface docker0 --jump REJECT\n',
        });
      });
    },
  );
