import { setTimeout as delay } from 'node:timers/promises';
import type { AgentEvent } from '@cooperbench/core';
import { fakeInbox } from '@cooperbench/testing';
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
  const exit = new AbortController();
  return { context, inbox, events, stop, exit, program: { exited: exit.signal } };
}

test('waiting notes are pushed as one text, recorded in the trajectory, and start another turn', async () => {
  const { context, inbox, events, program } = seat(['one', 'two'], []);
  const pushed: string[] = [];
  using push = pushNotes(context, program, async (text) => pushed.push(text) > 0);
  expect(await push.settle()).toBe(true);
  expect(pushed).toEqual(['one\n\ntwo']);
  expect(events).toMatchObject([{ type: 'message', message: { role: 'user', content: 'one\n\ntwo' } }]);
  expect(await push.settle()).toBe(false);
  expect(inbox.returned).toEqual([]);
});

test.for<[string, () => Promise<boolean>]>([
  ['does not accept', async () => false],
  ['fails to accept', async () => Promise.reject(new Error('gone'))],
])('what the framework %s goes back and is not in the trajectory', async ([, inject]) => {
  const { context, inbox, events, program } = seat(['one']);
  using push = pushNotes(context, program, inject);
  expect(await push.settle()).toBe(false);
  expect(inbox.returned).toEqual([{ text: 'one' }]);
  expect(events).toEqual([]);
});

test('a note that the framework does not accept stops no other note', async () => {
  const { context, inbox, program } = seat(['bad', 'one'], ['two']);
  const pushed: string[] = [];
  const inject = async (text: string): Promise<boolean> => !text.includes('bad') && pushed.push(text) > 0;
  using push = pushNotes(context, program, inject);
  expect(await push.settle()).toBe(true);
  expect(await push.settle()).toBe(true);
  expect(pushed).toEqual(['one', 'two']);
  expect(inbox.returned).toEqual([{ text: 'bad' }]);
});

test('when the program ends, nothing more is taken, and a note that it has not accepted goes back', async () => {
  const { context, inbox, exit, program } = seat(['one'], ['two']);
  using push = pushNotes(context, program, () => new Promise<never>(() => {}));
  const settled = push.settle();
  await Promise.resolve();
  exit.abort(new Error('it has ended'));
  expect(await settled).toBe(false);
  expect(inbox.returned).toEqual([{ text: 'one' }]);
  expect(await push.settle()).toBe(false);
  expect(await inbox.take()).toEqual([{ text: 'two' }]);
});

test('an inbox that answers at once, because the seat has left, is not asked in a loop', async () => {
  const { context, program } = seat();
  let takes = 0;
  const take = async (): Promise<[]> => {
    takes += 1;
    return [];
  };
  const inbox = { take, giveBack: () => {} };
  using _push = pushNotes({ ...context, inbox }, program, async () => true);
  await delay(300);
  expect(takes).toBe(1);
});

test('after an abort nothing is taken', async () => {
  const { context, inbox, stop, program } = seat(['one']);
  using push = pushNotes(context, program, async () => true);
  stop.abort(new Error('stopped'));
  expect(await push.settle()).toBe(false);
  expect(await inbox.take()).toEqual([{ text: 'one' }]);
});

test('a seat without an inbox pushes nothing', async () => {
  const { program } = seat();
  using push = pushNotes({ signal: AbortSignal.timeout(1000), record: () => {} }, program, async () => true);
  expect(await push.settle()).toBe(false);
});

test('instructions of a seat whose changes nobody tests leave what it hands in to its task', () => {
  const workspace = { repoDir: '/workspace/repo' } as never;
  const text = seatInstructions({ seat: 'agent1', channels: [], workspace, handsIn: false });
  expect(text).toContain('leave in the work tree what it asks for');
  expect(text).not.toContain('handed in');
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

Try what you change: run the existing tests that touch it, and a small script of your own. Do not change existing tests or configuration to make something pass. Remove scripts, notes and other files that are not part of the work before you finish.

Nobody answers questions: make the decisions yourself.

You lead.

Write with \`send_message\`.`);
});
