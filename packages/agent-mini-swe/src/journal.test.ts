import type { AgentEvent } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { runs, used } from './fake-model.test.support.ts';
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

const summary = (text: string): Reply => ({ ...reply(), text, toolCalls: [] });
const shown = (turns: readonly Turn[] = []): number =>
  turns.filter(({ role }) => role === 'assistant').length;

test('a short conversation stays whole, and so do the last turns of a long one', () => {
  const journal = started(10_000, 4);
  worked(journal, 10);
  expect(journal.earlierTurns()).toBeUndefined();
  const long = started(1000, 4);
  worked(long, 4, 4000);
  expect(long.earlierTurns()).toBeUndefined();
});

test('past the threshold, a summary of the model replaces all but the last turns', () => {
  const journal = started(1000, 4);
  worked(journal, 20);
  const earlier = journal.earlierTurns() ?? [];
  expect(earlier.slice(0, 2)).toEqual(journal.turns().slice(0, 2));
  expect([shown(earlier), pairsUp(earlier)]).toEqual([16, true]);
  journal.summarise('Sum it up.', summary('I read a.py.\n'));
  const turns = journal.turns();
  expect(turns[0]).toEqual({ role: 'system', text: 'system' });
  expect(turns[1]).toEqual({
    role: 'user',
    text: 'task\n\n[16 earlier turns of yours were left out here to save space. The work tree holds what they changed. Your summary of them follows.]\n\nI read a.py.',
  });
  expect([turns[2]?.role, shown(turns), pairsUp(turns)]).toEqual(['assistant', 4, true]);
  worked(journal, 20);
  expect(journal.earlierTurns()?.[1]).toEqual(turns[1]);
  journal.summarise('Sum it up.', summary('I read a.py and b.py.'));
  expect(journal.turns()[1]).toMatchObject({
    text: expect.stringMatching(/^task\n\n\[36 earlier turns .*\n\nI read a\.py and b\.py\.$/s),
  });
});

test('the request for a summary and the answer are in the trajectory and cost, and do not count as a step', () => {
  const events: AgentEvent[] = [];
  const journal = new Journal((event) => events.push(event), [{ maxCostUsd: 1 }], {
    threshold_tokens: 1000,
    keep_turns: 1,
  });
  journal.start('system', 'task');
  worked(journal, 10, 4000);
  const before = events.length;
  journal.summarise('Sum it up.', { ...summary('All is well.'), usage: used({ costUsd: 2 }) });
  expect(events.slice(before)).toMatchObject([
    { type: 'message', message: { role: 'user', content: 'Sum it up.' } },
    { type: 'usage', usage: { costUsd: 2 } },
    { type: 'message', message: { role: 'assistant', content: 'All is well.', cost: 2 } },
  ]);
  expect(journal.limitReached()).toBe('the cost limit (1 USD)');
});

test('without a summary it keeps the last turns that fit in a quarter, and always one', () => {
  const journal = started(1000, 10);
  worked(journal, 20);
  expect(journal.shorten()).toBe(true);
  const turns = journal.turns();
  expect(turns[1]).toMatchObject({ text: expect.stringContaining('[16 earlier turns') });
  expect([shown(turns), pairsUp(turns)]).toEqual([4, true]);
  worked(journal, 1, 100_000);
  expect(journal.shorten()).toBe(true);
  expect(shown(journal.turns())).toBe(1);
  expect(journal.shorten()).toBe(false);
});

test('measures by the tokens that the last call reported', () => {
  const journal = started(10_000, 4);
  worked(journal, 10);
  journal.answer(reply(20_000));
  expect(shown(journal.earlierTurns())).toBe(7);
});
