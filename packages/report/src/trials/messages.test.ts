import type { RunEvent } from '@cooperbench/records';
import { expect, test } from 'vitest';
import {
  buildMessagesOfConversation,
  findAnswers,
  isQuestion,
  listMessagesOfEvents,
  type SentMessage,
} from './messages.ts';
import { listMissed } from './missed.ts';

const answerOf = (question: SentMessage, all: readonly SentMessage[]) =>
  findAnswers(all)[all.indexOf(question)];

const entry = (from: string, to: unknown, message: string, timestamp?: unknown) => ({
  from,
  to,
  message,
  timestamp,
});

test('a conversation of the original may have times in ISO 8601, or none, and no recipient', () => {
  const { messages, timed } = buildMessagesOfConversation(
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
    ['all', 5, ['agent2'], {}],
    ['agent2', 5, ['agent2'], {}],
    ['all', 5, ['agent1'], {}],
    ['agent2', 7.5, ['agent2'], {}],
  ]);
  expect(messages.some((message) => message.reads_recorded)).toBe(false);
});

test('messages of a conversation are in the order of their times, which the original does not keep', () => {
  const entries = [
    entry('agent1', 'agent2', 'second', 2),
    entry('agent2', 'agent1', 'first', '1970-01-01T00:00:01Z'),
  ];
  const { messages, timed } = buildMessagesOfConversation(entries, []);
  expect({ timed, texts: messages.map(({ text }) => text) }).toEqual({
    timed: true,
    texts: ['first', 'second'],
  });
});

test('an entry of another shape is left out and named', () => {
  const reasons: string[] = [];
  const entries = [entry('agent1', 'agent2', 'x', 1), null, { from: 'agent1', to: 'agent2', message: 5 }];
  expect(buildMessagesOfConversation(entries, [], (reason) => reasons.push(reason)).messages).toHaveLength(1);
  expect(reasons).toEqual([
    'message 2 does not count: found null, expected an object',
    'message 3 does not count: message: found 5, expected a string',
  ]);
});

/** Returns a message that its recipients read a second later, unless `read` says otherwise. */
function sent(from: string, to: string, time: number, overrides: Partial<SentMessage> = {}): SentMessage {
  const accepted_by = to === 'all' ? ['agent1', 'agent2', 'agent3'].filter((seat) => seat !== from) : [to];
  const read = Object.fromEntries(accepted_by.map((seat) => [seat, time + 1]));
  return { from, to, text: 'so?', time, accepted_by, read, reads_recorded: true, ...overrides };
}

test('an answer comes from a recipient that had read the question, to the asker, who reads it', () => {
  const question = sent('agent1', 'all', 10, { read: { agent2: 20 } });
  const without: Record<string, SentMessage> = {
    'sent before the question': sent('agent2', 'agent1', 5),
    'sent before its sender read the question': sent('agent2', 'agent1', 15),
    'from a seat that never read the question': sent('agent3', 'agent1', 30),
    'that the asker never read': sent('agent2', 'agent1', 30, { read: {} }),
    refused: sent('agent2', 'agent1', 30, { accepted_by: [], read: {} }),
    'to somebody else': sent('agent2', 'agent3', 30),
    'to all, without the name of the asker': sent('agent2', 'all', 30),
  };
  for (const [subject, other] of Object.entries(without)) {
    const all = [question, other].sort((sentMessage, next) => sentMessage.time - next.time);
    expect(answerOf(question, all), subject).toBeNull();
  }
  expect(answerOf(question, [question, sent('agent2', 'agent1', 30)])).toBe(1);
  expect(answerOf(question, [question, sent('agent2', 'all', 30, { text: 'agent1: yes' })])).toBe(1);
});

test('where nobody recorded reading, what was sent counts as read', () => {
  const unread = { read: {}, reads_recorded: false };
  const question = sent('agent1', 'agent2', 10, unread);
  expect(answerOf(question, [question, sent('agent2', 'agent1', 11, unread)])).toBe(1);
});

test.for([
  ['Who edits x?', true],
  ['You said "who?" and left.', true],
  ['Is it https://x.org/?a=b or what?', true],
  ['Did you read https://x.org/a?', true],
  ['好吗？', true],
  ['See https://x.org/search?q=1&r=2.', false],
  ['I use `a ? b : c` now.', false],
  ['It is list?.length, done.', false],
  ['A ` that opens nothing, ok?', true],
  ['No.', false],
] as const)('%s is a question: %s', ([text, expected]) => {
  expect(isQuestion(sent('agent1', 'agent2', 1, { text }))).toBe(expected);
});

test('a message that nobody accepted asks nothing', () => {
  expect(isQuestion(sent('agent1', 'agent2', 1, { accepted_by: [] }))).toBe(false);
});

test('who says to push and does not is named, and who asks whether to push is not', () => {
  const texts = ['Should I push my branch?', 'I push it now.'];
  const messages = texts.map((text) => sent('agent1', 'agent2', 1, { text, reads_recorded: false }));
  const fetched = { type: 'git', time: '', seat: 'agent2', service: 'fetch', exit_code: 0 } as RunEvent;
  expect(listMissed(messages, [fetched], 'texts').map(({ text }) => text)).toEqual([
    'agent1 wrote "I push it now." and did not push',
  ]);
});

test('a push that nobody fetched is named beside any number of messages that nobody read; one that moved nothing is not', () => {
  const timeAt = (second: number): string => new Date(second * 1000).toISOString();
  const git = (seat: string, service: string, second: number, refs: unknown) => ({
    ...{ type: 'git', time: timeAt(second), seat, service, exit_code: 0, refs },
  });
  const seats = ['agent1', 'agent2'].map((seat) => ({ seat, features: [] }));
  const moved = [{ name: 'refs/heads/agent1/work', from: null, to: 'a' }];
  const events = [
    { type: 'trial_started', time: timeAt(0), seats },
    git('agent1', 'push', 1, moved),
    git('agent2', 'fetch', 2, moved),
    git('agent1', 'push', 3, []),
  ] as RunEvent[];
  const messages = [1, 2, 3, 4, 5].map((time) =>
    sent('agent1', 'agent2', time, { text: `note ${time}`, read: {} }),
  );
  expect(listMissed([], events, 'reads')).toEqual([]);
  const runEvents = [...events, git('agent1', 'push', 4, moved)] as RunEvent[];
  expect(listMissed(messages, runEvents, 'reads').map(({ text }) => text)).toEqual([
    ...[1, 2, 3].map((time) => `agent2 never read agent1's message "note ${time}"`),
    'agent2 never fetched what agent1 pushed last',
  ]);
});

test.for([
  ['nobody answers', () => sent('agent1', 'agent2', 1, { text: 'Why?' })],
  [
    'nobody reads the answers',
    (time: number) => [
      sent('agent1', 'agent2', time, { text: 'Why?' }),
      sent('agent2', 'agent1', time, { read: {} }),
    ],
  ],
  [
    'all answers come before the questions are read',
    (time: number) => [
      sent('agent1', 'agent2', time, { text: 'Why?', read: { agent2: 1e9 } }),
      sent('agent2', 'agent1', time),
    ],
  ],
] as const)('tens of thousands of questions take little time when %s', ([, made]) => {
  const messages = Array.from({ length: 20_000 }, (_, time) => made(time)).flat();
  const before = process.cpuUsage();
  listMissed(messages, [], 'reads');
  // Measured: 0.2 s. Looking at all messages for each of them took 4 s and more.
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(2);
});

test('a message that a channel delivers twice was read the first time, so an answer between counts', () => {
  const timeAt = (second: number) => new Date(second * 1000).toISOString();
  const message = (id: string, from: string, to: string, second: number) => ({
    ...{
      type: 'message',
      id,
      from,
      to,
      text: 'Who?',
      accepted: true,
      accepted_by: [to],
      time: timeAt(second),
    },
  });
  const read = (id: string, seat: string, second: number) => ({
    type: 'message_delivered',
    id,
    seat,
    time: timeAt(second),
  });
  const messages = listMessagesOfEvents([
    message('1', 'agent1', 'agent2', 1),
    read('1', 'agent2', 2),
    message('2', 'agent2', 'agent1', 3),
    read('1', 'agent2', 4),
    read('2', 'agent1', 5),
    read('2', 'agent1', 6),
    { type: 'message_returned', id: '2', seat: 'agent1', time: timeAt(7) },
  ] as RunEvent[]);
  expect(messages.map((one) => one.read)).toEqual([{ agent2: 2 }, { agent1: 5 }]);
  expect(findAnswers(messages)).toEqual([1, null]);
});

test('a seat whose name is a part of another is not named by it', () => {
  const sent = (from: string, text: string, time: number): SentMessage => ({
    ...{
      from,
      to: 'all',
      text,
      time,
      accepted_by: ['agent1', 'agent2', 'agent10'].filter((seat) => seat !== from),
    },
    ...{ read: { agent1: 2, agent2: 2 }, reads_recorded: true },
  });
  const question = sent('agent1', 'Which file?', 1);
  const reply = (text: string): SentMessage => ({
    ...sent('agent2', text, 3),
    read: { agent1: 4, agent10: 4 },
  });
  expect(answerOf(question, [question, reply('agent10: take b.py')])).toBeNull();
  expect(answerOf(question, [question, reply("agent1's is a.py")])).toBe(1);
});

test('what a fault of the channel dropped is nobody’s omission', () => {
  const sentMessage = sent('agent1', 'agent2', 1, { text: 'Done.', read: {}, dropped: ['agent2'] });
  const unread = sent('agent1', 'agent2', 2, { text: 'Well?', read: {} });
  expect(listMissed([sentMessage], [], 'reads')).toEqual([]);
  expect(listMissed([unread], [], 'reads')).toHaveLength(1);
});
