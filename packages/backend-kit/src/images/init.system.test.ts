import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { sandboxEntrypoint } from './container-rules.ts';

const [, , program = ''] = sandboxEntrypoint;

/** Runs init.sh as the first process of a process namespace. `only_stopped` waits until its one child is the process that waits. */
const start = `unshare --pid --fork --mount-proc sh -c "$1" "$1" &
children() { cat "/proc/$1/task/$1/children"; }
until init=$(children $!) && [ -n "$init" ]; do sleep 0.05; done
init=\${init% }
only_stopped() {
  until only=$(children "$init") && only=\${only% } && [ "$(cut -d ' ' -f 3 "/proc/$only/stat" 2> /dev/null)" = T ]; do
    sleep 0.05
  done
}
only_stopped
`;

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      test('init.sh goes on when an agent ends the process that it waits for', async () => {
        const script = `${start}first=$only
kill -9 "$first"
only_stopped
[ "$only" != "$first" ] && echo another
kill -9 "$init"`;
        expect(await runInShell(shell, script, [program])).toMatchObject({
          exitCode: 0,
          stdout: 'another\n',
        });
      });

      test('init.sh reaps what agents leave behind', async () => {
        // The process that starts it has ended, so it becomes a child of init.sh.
        const script = `${start}nsenter -t "$init" -p sh -c 'sleep 0.3 & :'
[ "$(children "$init" | wc -w)" = 2 ] && echo adopted
only_stopped
echo reaped
kill -9 "$init"`;
        expect(await runInShell(shell, script, [program])).toMatchObject({
          exitCode: 0,
          stdout: 'adopted\nreaped\n',
        });
      });
    },
  );
