import { expect, test } from 'vitest';
import { TrialMailboxes } from '../trial-mailboxes.ts';
import { SeatMailbox } from './seat-mailbox.ts';

function seat(keep: () => Promise<void>): SeatMailbox {
  const mailboxes = new TrialMailboxes({ keep });
  mailboxes.open('agent2');
  return new SeatMailbox('agent1', mailboxes.open('agent1'), () => {});
}

test('after a seat has left, waiting for messages is refused at once', async () => {
  const mailbox = seat(async () => {});
  const pending = mailbox.take({ waitMs: 60_000 });
  await mailbox.leave();
  expect(await pending).toEqual({ messages: [], left: 0 });
  await expect(mailbox.take({ waitMs: 60_000 })).rejects.toThrow('agent1 has left');
});

test('a seat that leaves waits for what it has sent', async () => {
  const storing = Promise.withResolvers<void>();
  const order: string[] = [];
  const mailbox = seat(() => storing.promise);
  const sent = mailbox.send('agent2', 'hello').then(() => order.push('sent'));
  const left = mailbox.leave().then(() => order.push('left'));
  storing.resolve();
  await Promise.all([sent, left]);
  expect(order).toEqual(['sent', 'left']);
});

test('a seat that leaves while the bus refuses its message fails, though nobody waits for the answer', async () => {
  const storing = Promise.withResolvers<void>();
  const mailbox = seat(() => storing.promise);
  mailbox.send('agent2', 'hello').catch(() => {});
  const left = expect(mailbox.leave()).rejects.toThrow('out of memory');
  storing.reject(new Error('out of memory'));
  await left;
});

test('what one reader leaves or gives back goes to another that waits already, in order', async () => {
  const mailboxes = new TrialMailboxes();
  const one = mailboxes.open('agent1');
  const two = new SeatMailbox('agent2', mailboxes.open('agent2'), () => {});
  for (const text of ['a', 'b', 'c']) await one.send('agent2', text);
  const first = await two.take(undefined, () => 1);
  expect(first).toMatchObject({ messages: [{ text: 'a' }], left: 2 });
  const second = await two.take();
  expect(second).toMatchObject({ messages: [{ text: 'b' }, { text: 'c' }], left: 0 });
  const pending = two.take({ waitMs: 2_000_000_000 });
  two.giveBack(second.messages);
  expect(await pending).toEqual(second);
});
