import { expect, test } from 'vitest';
import { runs, used } from '../test/fake-model.ts';
import { Journal } from './journal.ts';
import type { Reply, Turn } from './model/chat-model.ts';

function started(threshold_tokens: number, keep_turns: number): Journal {
  const journal = new Journal(() => {}, [], { threshold_tokens, keep_turns });
  journal.start('system', 'task');
  return journal;
}

const reply = (inputTokens = 0): Reply => ({
  text: '',
  toolCalls: [],
  cutOff: false,
  ...runs('true'),
  usage: used({ inputTokens }),
});

/** Lets the model work so many turns, with outputs of so many characters. */
function worked(journal: Journal, turns: number, outputLength = 400): void {
  for (let turn = 0; turn < turns; turn += 1) {
    const answer = reply();
    journal.answer(answer);
    for (const { id, name } of answer.toolCalls)
      journal.result({ id, name, text: 'x'.repeat(outputLength), malformed: false });
    if (turn % 3 === 0) journal.say('[Message from agent2]: hello');
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

test('a short conversation stays whole', () => {
  const journal = started(10_000, 4);
  worked(journal, 10);
  expect(journal.compactIfLong()).toBe(false);
});

test('past the threshold it keeps the system prompt, the task and the last turns, and states what is missing', () => {
  const journal = started(1000, 4);
  worked(journal, 20);
  expect(journal.compactIfLong()).toBe(true);
  const turns = journal.turns();
  expect(turns[0]).toEqual({ role: 'system', text: 'system' });
  expect(turns[1]).toEqual({
    role: 'user',
    text: 'task\n\n[16 earlier turns of yours were left out here to save space. The work tree holds what they changed.]',
  });
  expect(turns[2]?.role).toBe('assistant');
  expect(turns.filter(({ role }) => role === 'assistant')).toHaveLength(4);
  expect(pairsUp(turns)).toBe(true);
  worked(journal, 20);
  expect(journal.compactIfLong()).toBe(true);
  expect(journal.turns()[1]).toMatchObject({ text: expect.stringContaining('[36 earlier turns') });
});

test('keeps fewer turns when those alone are too long, and always the last', () => {
  const journal = started(1000, 10);
  worked(journal, 10, 40_000);
  expect(journal.compactIfLong()).toBe(true);
  const turns = journal.turns();
  expect(turns.filter(({ role }) => role === 'assistant')).toHaveLength(1);
  expect(pairsUp(turns)).toBe(true);
  expect(journal.compactMore()).toBe(false);
});

test('measures by the tokens that the last call reported', () => {
  const journal = started(10_000, 4);
  worked(journal, 10);
  journal.answer(reply(20_000));
  expect(journal.compactIfLong()).toBe(true);
});
