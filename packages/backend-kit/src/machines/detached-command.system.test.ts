import { readFileSync } from 'node:fs';
import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { readFrames } from './frames.ts';

const script = readFileSync(new URL('detached-command.sh', import.meta.url), 'utf8');
const program =
  '(echo said >&2; echo run >> /opt/runs; cat; exit 3)\necho $? > "$1/new-code" && mv "$1/new-code" "$1/code"\n';

/** Two connections, the first of which breaks in the middle of a piece of input and has two bytes of the output. Then shows how often the program ran. */
const twice = `printf 'run ${program.length}\\n%sin 0 3\\nonein 3 9\\ntw' "$2" > /opt/input
# It ends with its client. The shell that waits for it says so.
(sh -c "$1" sh name start 0 0 < /opt/input > /opt/first; :) 2> /dev/null
head -n 1 /opt/first
: > /opt/second
{
  printf 'in 2 4\\netwoin 6 1\\n!eof 7\\n'
  until [ -e /opt/over ]; do sleep 0.1; done
} | { sh -c "$1" sh name resume 2 0 > /opt/second; } &
until grep -q 'end$' /opt/second; do sleep 0.1; done
: > /opt/over
wait
cat /opt/second
wc -l < /opt/runs`;

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      test('a command goes on with the next connection, which repeats a part of its input', async () => {
        const { stdout, stderr } = await runInShell(shell, twice, [script, program]);
        const output = { out: '', err: '' };
        const others: string[] = [];
        for await (const [word, number, bytes] of readFrames(inOnePiece(stdout)))
          if (word === 'out' || word === 'err') output[word] += Buffer.from(bytes).toString();
          else if (word !== 'in') others.push(`${word} ${number}`);
        expect({ stderr, ...output }).toEqual({ stderr: '', out: 'etwo!', err: 'said\n' });
        expect(others).toEqual(['here 0', 'here 0', 'exit 3', 'end 0', '1 0']);
      });
    },
  );

async function* inOnePiece(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
