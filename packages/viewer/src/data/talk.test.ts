import { expect, test } from 'vitest';
import { listMessages } from './talk.ts';

const message = (from: string, to: string, text: string, time: number) => ({
  ...{ from, to, text, time },
  accepted_by: [to],
  read: {},
  reads_recorded: false,
});
const sent = [message('agent1', 'agent2', 'Who edits x?', 5), message('agent2', 'agent1', 'I do.', 6)];

test('a question has its answer, and a message after the end of its recipient says so', () => {
  expect(listMessages(sent, new Map(), { agent1: 6 }, 'sending', 0)).toMatchObject([
    { question: true, answer: 1, to_finished: false },
    { question: false, answer: null, to_finished: true },
  ]);
});

test('of messages without times, nobody knows which answers which', () => {
  expect(listMessages(sent, new Map(), { agent1: 6 }, 'texts', 0)).toMatchObject([
    { question: false, answer: null, to_finished: false },
    { question: false, answer: null, to_finished: false },
  ]);
});
