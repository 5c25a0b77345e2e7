import { expect, test } from 'vitest';
import { TrialMailboxes } from '../collaboration/trial-mailboxes.ts';
import { guardBus } from './guard-bus.ts';
import { defaultTimeLimits } from './time-limits.ts';

test('a mailbox that fails to take messages back may have lost them, so it gives no more', async () => {
  const mailboxes = new TrialMailboxes();
  const refuse = (): never => {
    throw new Error('The broker is gone.');
  };
  const bus = guardBus(
    { open: async (_trial, seat) => ({ ...mailboxes.open(seat), giveBack: refuse }) },
    { title: 'The bus "b" of plugin p', limits: defaultTimeLimits, closing: new AbortController().signal },
    undefined,
  );
  const mailbox = await bus.open('run/trial', 'agent1');
  expect(await mailbox.drain()).toEqual([]);
  const fault = { code: 'PLUGIN_FAULT', message: expect.stringContaining('failed in giveBack') };
  expect(() => mailbox.giveBack([])).toThrow(expect.objectContaining(fault));
  await expect(mailbox.drain()).rejects.toMatchObject(fault);
});
