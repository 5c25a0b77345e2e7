import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { privateRanges } from '../index.ts';
import { bootScript } from './boot-script.ts';

// The first call fails: Docker has not started.
const docker = 'if [ -e /opt/asked ]; then : > /opt/ready; exit 0; fi; : > /opt/asked; exit 1';
const iptables = '[ -e /opt/ready ] && echo "iptables $*"';
const publish = 'echo "key $host_key"';

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      test('boot.sh waits for Docker, keeps sandboxes away, and then publishes the key', async () => {
        const programs = { docker, iptables, 'ssh-keyscan': 'echo "$6 ssh-ed25519 AAAA"' };
        const script = bootScript({ publish, nameServer: '169.254.169.254', sshPort: 2222 });
        const { exitCode, stdout } = await runInShell(shell, script, [], { programs });
        expect(exitCode).toBe(0);
        expect(stdout.split('\n')).toEqual([
          'iptables -I INPUT -i docker0 -j DROP',
          ...privateRanges.map((range) => `iptables -I DOCKER-USER -i docker0 -d ${range} -j DROP`),
          ...['udp', 'tcp'].map(
            (protocol) =>
              `iptables -I DOCKER-USER -i docker0 -d 169.254.169.254 -p ${protocol} --dport 53 -j RETURN`,
          ),
          'key ssh-ed25519 AAAA',
          '',
        ]);
      });

      test.for([
        ['yes', '[Login]\nKillUserProcesses=no\nsystemctl restart systemd-logind\n'],
        ['no', ''],
      ] as const)(
        'boot.sh lets commands outlive connections: KillUserProcesses=%s',
        async ([value, expected]) => {
          const loginctl = `[ "$*" = 'show-session --property=KillUserProcesses' ] && echo KillUserProcesses=${value}`;
          const programs = {
            ...{ docker, loginctl, iptables: ':', 'ssh-keyscan': 'echo "x ssh-ed25519 AAAA"' },
            systemctl: 'cat /opt/logind/cooperbench.conf; echo "systemctl $*"',
          };
          const env = { logind_folder: '/opt/logind' };
          const { exitCode, stdout } = await runInShell(shell, bootScript({ publish }), [], {
            programs,
            env,
          });
          expect([exitCode, stdout]).toEqual([0, `${expected}key ssh-ed25519 AAAA\n`]);
        },
      );

      test('boot.sh publishes nothing when a rule cannot be set', async () => {
        const programs = { docker, iptables: 'exit 3', 'ssh-keyscan': 'echo "x ssh-ed25519 AAAA"' };
        const { exitCode, stdout } = await runInShell(shell, bootScript({ publish }), [], { programs });
        expect([exitCode, stdout]).toEqual([3, '']);
      });
    },
  );
