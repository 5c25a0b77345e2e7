import { expect, test } from 'vitest';
import { answerOf, messagesOfConversation } from './messages.ts';

const entry = (from: string, to: unknown, message: string, timestamp?: unknown) => ({
  from,
  to,
  message,
  timestamp,
});

test('a conversation of the original may have times in ISO 8601, or none, and no recipient', () => {
  const { messages, timed } = messagesOfConversation(
    [
      entry('agent1', null, 'to whom?', null),
      entry('agent1', 'agent2', 'x', '1970-01-01T00:00:05Z'),
      entry('agent2', 'all', 'y'),
      entry('agent1', 'agent2', 'z', 7.5),
    ],
    ['agent1', 'agent2'],
  );
  expect(timed).toBe(false);
  expect(messages.map(({ to, time, accepted_by, read }) => [to, time, accepted_by, read])).toEqual([
    ['all', 5, ['agent2'], { agent2: 5 }],
    ['agent2', 5, ['agent2'], { agent2: 5 }],
    ['all', 5, ['agent1'], { agent1: 5 }],
    ['agent2', 7.5, ['agent2'], { agent2: 7.5 }],
  ]);
});

test('messages of a conversation are in the order of their times, which the original does not keep', () => {
  const entries = [
    entry('agent1', 'agent2', 'second', 2),
    entry('agent2', 'agent1', 'first', '1970-01-01T00:00:01Z'),
  ];
  const { messages, timed } = messagesOfConversation(entries, []);
  expect({ timed, texts: messages.map(({ text }) => text) }).toEqual({
    timed: true,
    texts: ['first', 'second'],
  });
});

test('an entry of another shape is left out and named', () => {
  const reasons: string[] = [];
  const entries = [entry('agent1', 'agent2', 'x', 1), null, { from: 'agent1', to: 'agent2', message: 5 }];
  expect(messagesOfConversation(entries, [], (reason) => reasons.push(reason)).messages).toHaveLength(1);
  expect(reasons).toEqual([
    'message 2 does not count: (top level): found null, expected an object',
    'message 3 does not count: message: found 5, expected a string',
  ]);
});

test('an answer is what the asker accepts of a recipient later, in the order of sending', () => {
  const message = (from: string, accepted_by: string[]) => ({
    ...{ from, to: 'all', text: '?', time: 1, accepted_by, read: {} },
  });
  const question = message('agent1', ['agent2']);
  const before = message('agent2', ['agent1']);
  const refused = message('agent2', []);
  const other = message('agent3', ['agent1']);
  const answer = message('agent2', ['agent1']);
  expect(answerOf(question, [before, question, refused, other])).toBeNull();
  expect(answerOf(question, [before, question, refused, other, answer])).toBe(4);
});
