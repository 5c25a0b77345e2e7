import { readFileSync } from 'node:fs';
import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { wrapInDirectory } from './exec-wrapper.ts';

const killTree = readFileSync(new URL('./kill-tree.sh', import.meta.url), 'utf8');

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      /** Runs `argv` in a directory, by the wrapper. */
      const wrapped = (cwd: string, argv: readonly string[]) => {
        const [, , program = '', , ...args] = wrapInDirectory(cwd, argv);
        return runInShell(shell, program, args);
      };

      test('exec-wrapper.sh becomes the command, in its directory', async () => {
        const ask = 'pwd; echo "$#:$1:${OLDPWD-none}"; cat /proc/self/oom_score_adj; exit 3';
        const { exitCode, stdout } = await wrapped('/proc', ['sh', '-c', ask, 'sh', "it's one word"]);
        expect([exitCode, stdout]).toEqual([3, "/proc\n1:it's one word:none\n1000\n"]);
      });

      test.for([
        ['/missing', 'pwd'],
        ['/', '/missing'],
      ] as const)('exec-wrapper.sh exits with 127 in %s for %s, and says why', async ([cwd, program]) => {
        const { exitCode, stdout, stderr } = await wrapped(cwd, [program]);
        expect({ exitCode, stdout }).toEqual({ exitCode: 127, stdout: '' });
        expect(stderr).toMatch(/missing.*\n/);
      });

      test('kill-tree.sh ends what has the mark, its descendants and their session, and nothing else', async () => {
        // Each process has become its program before the script runs.
        const program = `
        sleepers() {
          for path in /proc/[0-9]*; do
            read -r line < "$path/stat" || continue
            case $line in *') Z '*) continue ;; esac
            command=$(tr '\\0' ' ' < "$path/cmdline")
            case $command in 'sleep 100'*) echo "$command" ;; esac
          done 2> /dev/null
        }
        sleep 1001 & other=$!
        EXEC=mine/1 sh -c 'sleep 1002 & env -i sleep 1003 & wait' &
        EXEC=mine/1 setsid sh -c 'env -i sleep 1004 & wait' &
        EXEC=mine/2 sleep 1005 & similar=$!
        until [ "$(sleepers | wc -l)" -eq 5 ]; do sleep 0.05; done
        sh -c "$1" sh EXEC=mine/1
        # A signal does not wait until its process has ended.
        while sleepers | grep -q '100[234]'; do sleep 0.05; done
        sleepers
        kill -9 $other $similar`;
        const { stdout } = await runInShell(shell, program, [killTree]);
        expect(stdout.split('\n').toSorted()).toEqual(['', 'sleep 1001 ', 'sleep 1005 ']);
      });
    },
  );
