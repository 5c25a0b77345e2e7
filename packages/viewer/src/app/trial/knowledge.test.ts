import { expect, test } from 'vitest';
import type { PairDocument } from '../../data/model.ts';
import { computeKnowledgeAt } from './knowledge.ts';
import { git, lane, message, pairDocument } from './pair.test.support.ts';

const pair = pairDocument({
  lanes: [lane('agent1', []), lane('agent2', [])],
  messages: [
    message(0, 'agent1', 'agent2', { seconds: 1, read: { agent2: 3 } }),
    message(1, 'agent1', 'agent2', { seconds: 2 }),
    message(2, 'agent1', 'agent2', { seconds: 2, accepted_by: [] }),
  ],
  git: [
    git('agent1', 'push', 1),
    git('agent2', 'fetch', 2),
    git('agent1', 'push', 4),
    git('agent1', 'push', 5, 1),
  ],
  files: [
    {
      path: 'src/a.js',
      overlap: true,
      conflict: false,
      collisions: [],
      seats: { agent1: { first_step: 2, first_seconds: 2.5, in_patch: true } },
    },
  ],
});

const names = (seconds: number, overrides: Partial<PairDocument>) =>
  computeKnowledgeAt({ ...pair, ...overrides }, 'agent2', seconds).unknown.map(({ path }) => path);

function known(seconds: number) {
  const { read, waiting, fetched, unfetched, unknown } = computeKnowledgeAt(pair, 'agent2', seconds);
  return {
    read: read.map(({ index }) => index),
    waiting: waiting.map(({ index }) => index),
    pushes: [fetched.length, unfetched.length],
    unknown: unknown.map(({ path }) => path),
  };
}

test('a message waits between sending and reading; one that was refused is never known', () => {
  expect(known(0.5)).toEqual({ read: [], waiting: [], pushes: [0, 0], unknown: [] });
  expect(known(2)).toMatchObject({ read: [], waiting: [0, 1] });
  expect(known(3)).toMatchObject({ read: [0], waiting: [1] });
});

test('a push is known after the next fetch, and a failed one never', () => {
  expect(known(1.5).pushes).toEqual([0, 1]);
  expect(known(2).pushes).toEqual([1, 0]);
  expect(known(9).pushes).toEqual([1, 1]);
  const nothing = { ...git('agent1', 'push', 6), refs: [] };
  const { unfetched } = computeKnowledgeAt({ ...pair, git: [...pair.git, nothing] }, 'agent2', 9);
  expect(unfetched.map(({ seconds }) => seconds)).toEqual([4]);
});

test('names the files that others had begun by then, until a message, a push or a channel told of them', () => {
  expect(known(2).unknown).toEqual([]);
  expect(known(2.5).unknown).toEqual(['src/a.js']);
  const told = message(0, 'agent1', 'agent2', { text: 'I edit a.js.', seconds: 1, read: { agent2: 3 } });
  expect(names(2.9, { messages: [told] })).toEqual(['src/a.js']);
  expect(names(3, { messages: [told] })).toEqual([]);
  const gitMoments = [git('agent1', 'push', 4), git('agent2', 'fetch', 5)];
  expect(names(4.5, { git: gitMoments })).toEqual(['src/a.js']);
  expect(names(5, { git: gitMoments })).toEqual([]);
  const early = [git('agent1', 'push', 1), git('agent2', 'fetch', 5)];
  expect(names(9, { git: early })).toEqual(['src/a.js']);
  const activity = (seat: string, seconds: number, text: string) => ({
    seat,
    seconds,
    channel: 'tasks',
    text,
  });
  const listed = activity('agent1', 3, 'takes a.js');
  expect(names(9, { activities: [listed] })).toEqual(['src/a.js']);
  expect(names(9, { activities: [listed, activity('agent2', 4, 'lists the tasks')] })).toEqual([]);
});

test('where nobody recorded reading, a message that was sent counts as known', () => {
  const sent = message(0, 'agent1', 'agent2', { seconds: 1, reads_recorded: false });
  const { read, waiting } = computeKnowledgeAt({ ...pair, messages: [sent] }, 'agent2', 1);
  expect([read.length, waiting.length]).toEqual([1, 0]);
});
