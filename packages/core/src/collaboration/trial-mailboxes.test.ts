import { expect, test } from 'vitest';
import { TrialMailboxes } from './trial-mailboxes.ts';

test('delivers a message once it is kept, and keeps only what somebody accepts', async () => {
  const kept: string[] = [];
  const stored = Promise.withResolvers<void>();
  const mailboxes = new TrialMailboxes({
    keep: async ({ text }, takers) => {
      await stored.promise;
      kept.push(`${text} to ${takers}`);
    },
  });
  const [one, two] = [mailboxes.open('agent1'), mailboxes.open('agent2')];
  await one.send('agent9', 'to nobody');
  const sending = one.send('agent2', 'hello');
  expect(kept).toEqual([]);
  expect(await two.drain()).toEqual([]);
  stored.resolve();
  expect(await sending).toMatchObject([{ to: 'agent2', accepted: true }]);
  expect(kept).toEqual(['hello to agent2']);
  expect(await two.drain()).toMatchObject([{ text: 'hello' }]);
});

test('a message that cannot be kept is not delivered, and fails every mailbox of the trial', async () => {
  let full = true;
  const mailboxes = new TrialMailboxes({
    keep: async () => {
      if (full) throw new Error('full');
    },
  });
  const [one, two] = [mailboxes.open('agent1'), mailboxes.open('agent2')];
  const waiting = two.receive({ waitMs: 60_000 });
  const failed = expect(waiting).rejects.toThrow('full');
  await expect(one.send('agent2', 'lost')).rejects.toThrow('full');
  await failed;
  full = false;
  await expect(one.send('agent2', 'later')).rejects.toThrow('full');
  await expect(two.drain()).rejects.toThrow('full');
  await two[Symbol.asyncDispose]();
  await expect(two.receive({ waitMs: 60_000 })).rejects.toThrow('full');
});

test('says once that every mailbox has closed', async () => {
  let closed = 0;
  const mailboxes = new TrialMailboxes({ onClosed: () => (closed += 1) });
  const [one, two] = [mailboxes.open('agent1'), mailboxes.open('agent2')];
  await one[Symbol.asyncDispose]();
  expect(closed).toBe(0);
  await two[Symbol.asyncDispose]();
  await two[Symbol.asyncDispose]();
  expect(closed).toBe(1);
});
