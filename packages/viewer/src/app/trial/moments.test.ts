import { expect, test } from 'vitest';
import { listMoments } from './moments.ts';
import { git, lane, message, pairDocument, step } from './pair.test.support.ts';

test('lists everything in order, each on one plain line', () => {
  const pair = pairDocument({
    lanes: [lane('agent1', [step(1, 1, { summary: '\u001b[31mls\u001b[0m' }), step(2, null)], { end: 9 })],
    messages: [message(0, 'agent1', 'agent2', { seconds: 3, text: 'one\ntwo\u0007' })],
    phases: [{ name: 'plan', number: 1, seats: ['agent1'], start: 0.5, end: 5, cost: 0.1 }],
    git: [{ ...git('agent1', 'push', 2, 128), refs: [{ name: 'refs/heads/agent1', from: null, to: 'abc' }] }],
  });
  expect(listMoments(pair).map(({ seconds, kind, text }) => `${seconds} ${kind} ${text}`)).toEqual([
    '0.5 phase phase 1: plan',
    '1 step ls',
    '1 step run 2',
    '2 git git push agent1 failed (128)',
    '3 message to agent2: one two',
    '9 end Completed',
  ]);
});
