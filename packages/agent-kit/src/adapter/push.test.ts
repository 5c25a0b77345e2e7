import type { AgentEvent } from '@cooperbench/core';
import { fakeInbox } from '@cooperbench/core/testing';
import { expect, test } from 'vitest';
import { seatInstructions } from './instructions.ts';
import { pushNotes } from './push.ts';

function seat(...batches: readonly string[][]) {
  const events: AgentEvent[] = [];
  const inbox = fakeInbox(...batches);
  const stop = new AbortController();
  // A real inbox waits; this one would be asked again at once.
  const waiting = {
    ...inbox,
    take: async ({ waitMs = 0, signal }: { waitMs?: number; signal?: AbortSignal } = {}) => {
      if (waitMs === 0) return inbox.take();
      return new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    },
  };
  const context = {
    inbox: waiting,
    signal: stop.signal,
    record: (event: AgentEvent) => void events.push(event),
  };
  return { context, inbox, events, stop };
}

test('waiting notes are pushed as one text, recorded in the trajectory, and start another turn', async () => {
  const { context, inbox, events } = seat(['one', 'two'], []);
  const pushed: string[] = [];
  using push = pushNotes(context, async (text) => pushed.push(text) > 0);
  expect(await push.settle()).toBe(true);
  expect(pushed).toEqual(['one\n\ntwo']);
  expect(events).toMatchObject([{ type: 'message', message: { role: 'user', content: 'one\n\ntwo' } }]);
  expect(await push.settle()).toBe(false);
  expect(inbox.returned).toEqual([]);
});

test.for([
  ['does not take', async () => false],
  ['fails to take', async () => Promise.reject(new Error('gone'))],
] as const)('what the framework %s goes back and is not in the trajectory', async ([, inject]) => {
  const { context, inbox, events } = seat(['one'], ['two']);
  using push = pushNotes(context, inject);
  expect(await push.settle()).toBe(false);
  expect(inbox.returned).toEqual([{ text: 'one' }]);
  expect(events).toEqual([]);
  expect(await push.settle()).toBe(false);
  expect(await inbox.take()).toEqual([{ text: 'two' }]);
});

test('after an abort nothing is taken', async () => {
  const { context, inbox, stop } = seat(['one']);
  using push = pushNotes(context, async () => true);
  stop.abort(new Error('stopped'));
  expect(await push.settle()).toBe(false);
  expect(await inbox.take()).toEqual([{ text: 'one' }]);
});

test('a seat without an inbox pushes nothing', async () => {
  using push = pushNotes({ signal: AbortSignal.timeout(1000), record: () => {} }, async () => true);
  expect(await push.settle()).toBe(false);
});

test('instructions explain the seat, its peers and its channels', () => {
  const workspace = { repoDir: '/workspace/repo' } as never;
  const channels = [
    { name: 'messages', instructions: 'Write with `send_message`.' },
    { name: 'silent', instructions: '' },
  ];
  expect(
    seatInstructions({ seat: 'agent1', instructions: 'You lead.', channels, workspace }),
  ).toBe(`You are agent1. Your work is the git repository at /workspace/repo.

Everything in its work tree that differs from the first commit is handed in when you finish. Hidden tests check it.

Nobody answers questions: make the decisions yourself.

You lead.

Write with \`send_message\`.`);
});
