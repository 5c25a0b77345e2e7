import { expect, test } from 'vitest';
import { runs, used } from '../../test/fake-model.ts';
import type { Reply, Turn } from '../model/chat-model.ts';
import { Conversation } from './conversation.ts';

const reply = (inputTokens = 0): Reply => ({
  text: '',
  toolCalls: [],
  cutOff: false,
  ...runs('true'),
  usage: used({ inputTokens }),
});

/** Lets the model work so many turns, with outputs of so many characters. */
function worked(conversation: Conversation, turns: number, outputLength = 400): void {
  for (let turn = 0; turn < turns; turn += 1) {
    const answer = reply();
    conversation.answer(answer);
    conversation.results(
      answer.toolCalls.map(({ id, name }) => ({
        id,
        name,
        text: 'x'.repeat(outputLength),
        malformed: false,
      })),
    );
    if (turn % 3 === 0) conversation.say('[Message from agent2]: hello');
  }
}

const pairsUp = (turns: readonly Turn[]): boolean =>
  turns.every((turn, index) => {
    const before = turns[index - 1];
    if (turn.role !== 'tool') return true;
    return (
      before?.role === 'assistant' &&
      before.toolCalls.map(({ id }) => id).join() === turn.results.map(({ id }) => id).join()
    );
  });

test('a short conversation is left alone', () => {
  const conversation = new Conversation('s', 't', { thresholdTokens: 10_000, keepTurns: 4 });
  worked(conversation, 10);
  expect(conversation.compactIfLong()).toBe(false);
});

test('past the threshold it keeps system, task and the last turns, and says what is missing', () => {
  const conversation = new Conversation('system', 'task', { thresholdTokens: 1000, keepTurns: 4 });
  worked(conversation, 20);
  expect(conversation.compactIfLong()).toBe(true);
  const turns = conversation.turns();
  expect(turns[0]).toEqual({ role: 'system', text: 'system' });
  expect(turns[1]).toEqual({
    role: 'user',
    text: 'task\n\n[16 earlier turns of yours were left out here to save space. The work tree holds what they changed.]',
  });
  expect(turns[2]?.role).toBe('assistant');
  expect(turns.filter(({ role }) => role === 'assistant')).toHaveLength(4);
  expect(pairsUp(turns)).toBe(true);
  worked(conversation, 20);
  expect(conversation.compactIfLong()).toBe(true);
  expect(conversation.turns()[1]).toMatchObject({ text: expect.stringContaining('[36 earlier turns') });
});

test('keeps fewer turns than asked when they alone are too long, and always the last', () => {
  const conversation = new Conversation('s', 't', { thresholdTokens: 1000, keepTurns: 10 });
  worked(conversation, 10, 40_000);
  expect(conversation.compactIfLong()).toBe(true);
  const turns = conversation.turns();
  expect(turns.filter(({ role }) => role === 'assistant')).toHaveLength(1);
  expect(pairsUp(turns)).toBe(true);
  expect(conversation.compactHard()).toBe(false);
});

test('judges by the tokens the last call reported', () => {
  const conversation = new Conversation('s', 't', { thresholdTokens: 10_000, keepTurns: 4 });
  worked(conversation, 10);
  conversation.answer(reply(20_000));
  expect(conversation.compactIfLong()).toBe(true);
});
