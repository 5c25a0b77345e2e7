import { expect, test } from 'vitest';
import { buildTrajectoryRows, findRow, listHiddenKinds } from './trajectory-rows.ts';

const none = listHiddenKinds(undefined);

test('the results of an answer are beside it, and those of no answer by themselves', () => {
  const rows = buildTrajectoryRows('suattat', none);
  expect(rows).toEqual([
    { messages: [0], results: [] },
    { messages: [1], results: [] },
    { messages: [2], results: [3, 4] },
    { messages: [5], results: [6] },
  ]);
  expect([0, 2, 4, 6].map((message) => findRow(rows, message))).toEqual([0, 2, 2, 3]);
  expect(buildTrajectoryRows('tot', none)).toEqual([
    { messages: [], results: [0] },
    { messages: [1], results: [2] },
  ]);
});

test('many results of an answer continue in further rows', () => {
  const rows = buildTrajectoryRows(`a${'t'.repeat(50)}a`, none);
  expect(rows.map(({ messages, results }) => [messages[0], results.length])).toEqual([
    ...[
      [0, 20],
      [undefined, 20],
      [undefined, 10],
      [51, 0],
    ],
  ]);
  expect([20, 21, 50].map((message) => findRow(rows, message))).toEqual([0, 1, 2]);
});

test('kinds can be hidden, and a link to a hidden message leads to the row before it', () => {
  const output = buildTrajectoryRows('suatau', listHiddenKinds('output,prompts,nothing'));
  expect(output.map(({ messages }) => messages)).toEqual([[2], [4]]);
  expect(findRow(output, 3)).toBe(0);
  const results = buildTrajectoryRows('satat', listHiddenKinds('answers,prompts'));
  expect(results).toEqual([
    { messages: [], results: [2] },
    { messages: [], results: [4] },
  ]);
  expect(findRow([], 5)).toBe(0);
});
