import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { messagesOf } from './items.ts';
import { splitShellWords } from './shell-words.ts';

const timestamp = expect.any(Number);
const of = (method: string, item: object, threadId = 'main') => [
  ...messagesOf({ method, params: { item, threadId } }, 'main'),
];

test('a command is as the model gave it', () => {
  const command = `/bin/bash -lc 'echo "a b" '"'"'c'"'"' > "$HOME"/x'`;
  const [call] = of('item/started', { type: 'commandExecution', id: 'c1', command, cwd: '/repo' });
  const givenValue = { command: `echo "a b" 'c' > "$HOME"/x`, cwd: '/repo' };
  expect(call?.tool_calls).toEqual([{ id: 'c1', name: 'commandExecution', arguments: givenValue }]);
  const [other] = of('item/started', { type: 'commandExecution', id: 'c2', command: 'git status' });
  expect(other?.tool_calls?.[0]?.arguments).toEqual({ command: 'git status' });
});

test.for([`a 'b c' "d \\"e\\" \\x" f\\ g`, `''`, `x'y'"z"`, `'it'"'"'s'`])(
  'the words of %s are those that a shell reads',
  (line) => {
    const read = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`]).toString();
    expect(`${splitShellWords(line)?.join('\n')}\n`).toBe(read);
  },
);

test('a quote that is not closed makes no words', () => {
  expect(splitShellWords(`bash -c 'ls`)).toBeUndefined();
});

test('results name their call, thoughts are kept, and sub-agents are marked', () => {
  expect(
    of('item/completed', { type: 'reasoning', id: 'r', summary: ['First.'], content: ['Raw.'] }),
  ).toEqual([{ role: 'assistant', content: '', timestamp, reasoning_content: 'First.\n\nRaw.' }]);
  const done = { type: 'commandExecution', id: 'c1', aggregatedOutput: 'hello\n', exitCode: 0 };
  expect(of('item/completed', done, 'other')).toEqual([
    { role: 'tool', content: 'hello\n', timestamp, tool_call_id: 'c1', subagent: 'other' },
  ]);
});
