import { readFileSync } from 'node:fs';
import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';

const watchdog = readFileSync(new URL('watchdog.sh', import.meta.url), 'utf8');

/** Two processes of a sandbox, one of another owner, and a directory that its owner may not read. Prints what is left. */
const machine = `
mkdir -p /opt/one/sandboxes/closed /opt/two
: > /opt/one/sandboxes/closed/file
chmod 000 /opt/one/sandboxes/closed
MARK=one/1 sleep 60 & first=$!
MARK=one/2 sleep 60 & second=$!
MARK=two/1 sleep 60 & other=$!
# A process has its environment only when its program has started.
for pid in $first $second $other; do until tr '\\0' ' ' < /proc/$pid/environ | grep -q 'MARK='; do :; done; done
sh -c "$1" sh MARK=one/ /opt/one
for pid in $first $second $other; do kill -0 $pid 2> /dev/null && echo "$pid runs" | sed "s/$first/first/; s/$second/second/; s/$other/other/"; done
ls /opt
kill -9 $other $first $second 2> /dev/null
:
`;

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      test('watchdog.sh kills the processes of a killed owner and removes its directory', async () => {
        const { stdout } = await runInShell(shell, machine, [watchdog]);
        expect(stdout).toBe('other runs\ntest\ntwo\n');
      });

      test('watchdog.sh leaves everything after a goodbye', async () => {
        const { stdout } = await runInShell(shell, machine, [watchdog], { stdin: 'bye\n' });
        expect(stdout).toBe('first runs\nsecond runs\nother runs\none\ntest\ntwo\n');
      });
    },
  );
