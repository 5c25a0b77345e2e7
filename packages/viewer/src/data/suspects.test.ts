import { expect, test } from 'vitest';
import { mapChanges } from './collisions.ts';
import type { WorkedStep } from './steps.ts';
import { listSuspects } from './suspects.ts';

const diff = (path: string, hunk: string): string => `--- a/${path}\n+++ b/${path}\n${hunk}`;
const step = (number: number, commands: string): WorkedStep => ({
  ...{ step: number, seconds: number, message: null, messages: [], summary: '', communicates: false },
  ...{ model_seconds: null, command_seconds: null, cost: null, total_cost: null },
  ...{ input_tokens: null, output_tokens: null, commands },
});
const seat = (name: string, patch: string, ...steps: readonly WorkedStep[]) => ({
  ...{ seat: name, byPath: mapChanges(patch), steps },
});
const renamed = diff(
  'src/rule.js',
  '@@ -1,1 +1,1 @@\n-export const parse = 1;\n+export const parseRule = 1;\n',
);
const calling = diff('src/next.js', '@@ -1,2 +1,3 @@\n one\n+  return rule.parse(text);\n two\n');
const seats = [
  seat('agent1', renamed, step(1, 'ls'), step(4, 'echo "export const parseRule = 1;" > src/rule.js')),
  seat('agent2', calling, step(2, 'sed -i "2i   return rule.parse(text);" src/next.js')),
];
const merged = mapChanges(`${renamed}${calling}`);
const failing = (message: string, ...places: readonly string[]) => ({ name: 'finds', message, places });

test('a change on the stack trace, with the seat and the step that wrote it', () => {
  const matches = listSuspects(failing('no', 'test/next.test.js:5', '/work/src/next.js:2'), merged, seats);
  expect(matches).toEqual([
    {
      ...{ path: 'src/next.js', line: 2, why: 'trace', text: 'return rule.parse(text);' },
      writers: [{ seat: 'agent2', step: 2 }],
    },
  ]);
});

test('a name of the message that a change removes, where the trace goes through no change', () => {
  const message = 'TypeError: rule.parse is not a function';
  expect(listSuspects(failing(message, 'src/next.js:9'), merged, seats)).toMatchObject([
    {
      path: 'src/rule.js',
      line: 1,
      why: 'name',
      text: 'export const parse = 1;',
      writers: [{ seat: 'agent1' }],
    },
  ]);
});

test('no evidence names no change', () => {
  expect(listSuspects(failing('1 !== 2', 'src/next.js:9', 'next.js:2'), merged, seats)).toEqual([]);
});
