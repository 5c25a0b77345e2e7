import { expect, test } from 'vitest';
import { type AnswerUsage, matchUsageToAnswers } from './answer-usage.ts';

const usage = (began: number | undefined, ended: number, id?: string): AnswerUsage => ({
  ...{ began, ended, id, costUsd: ended, inputTokens: 1, outputTokens: 1 },
});
const at = (timestamp: number, id?: string) => ({ timestamp, id });
const pairs = (...callArguments: Parameters<typeof matchUsageToAnswers>): [number, number][] =>
  matchUsageToAnswers(...callArguments).map(([answer, { ended }]) => [answer.timestamp, ended]);

test('the first message since an answer began has its usage', () => {
  expect(pairs([at(2), at(2.5), at(5)], [usage(1, 3), usage(4, 6)])).toEqual([
    [2, 3],
    [5, 6],
  ]);
});

test('an answer without a message has none, and takes none from the next', () => {
  expect(pairs([at(5)], [usage(1, 3), usage(4, 6)])).toEqual([[5, 6]]);
});

test('answers at the same time are told apart by their ids only', () => {
  const answers = [at(2, 'b'), at(2.1), at(2.2, 'a'), at(2.3, 'a')];
  const usages = [usage(1, 3, 'a'), usage(1.5, 2.5, 'b'), usage(1.6, 2.7)];
  expect(pairs(answers, usages)).toEqual([
    [2, 2.5],
    [2.1, 2.7],
    [2.2, 3],
  ]);
  expect(pairs([at(2), at(2.1)], [usage(1, 3), usage(1.5, 2.5), usage(4, 5)])).toEqual([]);
});

test('an id that the provider did not give does not matter', () => {
  expect(pairs([at(2, 'own')], [usage(1, 3, 'resp_1')])).toEqual([[2, 3]]);
});

test('a later answer is not hidden by one that ran for long', () => {
  expect(pairs([at(11)], [usage(1, 9), usage(2, 3), usage(10, 12)])).toEqual([[11, 12]]);
});
