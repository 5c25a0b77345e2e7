import { expect, test } from 'vitest';
import { TrialMailboxes } from './trial-mailboxes.ts';

test('delivers a message once it is kept, and keeps only what somebody accepts', async () => {
  const keptNames: string[] = [];
  const storing = Promise.withResolvers<void>();
  const mailboxes = new TrialMailboxes({
    keep: async ({ text }, takers) => {
      await storing.promise;
      keptNames.push(`${text} to ${takers}`);
    },
  });
  const [agent1, agent2] = [mailboxes.open('agent1'), mailboxes.open('agent2')];
  await agent1.send('agent9', 'to nobody');
  const delivery = agent1.send('agent2', 'hello');
  expect(keptNames).toEqual([]);
  expect(await agent2.drain()).toEqual([]);
  storing.resolve();
  expect(await delivery).toMatchObject([{ to: 'agent2', accepted: true }]);
  expect(keptNames).toEqual(['hello to agent2']);
  expect(await agent2.drain()).toMatchObject([{ text: 'hello' }]);
});

test('a message that cannot be kept is not delivered, and fails every mailbox of the trial', async () => {
  let full = true;
  const mailboxes = new TrialMailboxes({
    keep: async () => {
      if (full) throw new Error('full');
    },
  });
  const [agent1, agent2] = [mailboxes.open('agent1'), mailboxes.open('agent2')];
  const pending = agent2.receive({ waitMs: 60_000 });
  const failed = expect(pending).rejects.toThrow('full');
  await expect(agent1.send('agent2', 'lost')).rejects.toThrow('full');
  await failed;
  full = false;
  await expect(agent1.send('agent2', 'later')).rejects.toThrow('full');
  await expect(agent2.drain()).rejects.toThrow('full');
  await agent2[Symbol.asyncDispose]();
  await expect(agent2.receive({ waitMs: 60_000 })).rejects.toThrow('full');
});

test('says once that every mailbox has closed', async () => {
  let closed = 0;
  const mailboxes = new TrialMailboxes({ onClosed: () => (closed += 1) });
  const [agent1, agent2] = [mailboxes.open('agent1'), mailboxes.open('agent2')];
  await agent1[Symbol.asyncDispose]();
  expect(closed).toBe(0);
  await agent2[Symbol.asyncDispose]();
  await agent2[Symbol.asyncDispose]();
  expect(closed).toBe(1);
});
