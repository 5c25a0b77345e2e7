import { setTimeout as delay } from 'node:timers/promises';
import { noChannels } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import type { Channel, ChannelEvent, Inbox, Note, OpenChannel } from '../contracts/channel.ts';
import type { SeatPlan } from '../contracts/setting.ts';
import { findRefused, withFaults } from './faulty-channel.ts';
import type { ChannelFaults } from './faulty-queue.ts';
import { gitChannel } from './git/git-channel.ts';
import { messagesChannel } from './messages/messages-channel.ts';
import { TrialMailboxes } from './trial-mailboxes.ts';

const seats: readonly SeatPlan[] = ['agent1', 'agent2'].map((id) => ({ id, features: [1], fileStem: id }));

let events: ChannelEvent[];

async function open(channel: Channel, faults: ChannelFaults, id = 'coop/t/1/f1_f2'): Promise<OpenChannel> {
  events = [];
  const mailboxes = new TrialMailboxes();
  return withFaults(channel, 'messages', faults).open({
    ...{ id, seats, directory: '/nonexistent' },
    mailbox: async (seat) => mailboxes.open(seat),
    channels: noChannels,
    emit: (event) => events.push(event),
  });
}

const call = (trial: OpenChannel, seat: string, command: string, ...args: string[]) =>
  trial.run({
    ...{ seat, command, args, signal: new AbortController().signal },
    stdin: () => expect.fail('no input'),
    stream: () => expect.fail('no stream'),
  });

/** Sends 100 messages, and resolves with the numbers of those that arrive. */
async function arrivals(faults: ChannelFaults, id?: string): Promise<string[]> {
  await using trial = await open(messagesChannel, faults, id);
  for (let n = 0; n < 100; n += 1)
    expect((await call(trial, 'agent1', 'send_message', 'agent2', `${n}`)).stdout).toBe('Sent to agent2.\n');
  const { stdout = '' } = await call(trial, 'agent2', 'read_messages');
  return [...stdout.matchAll(/: (\d+)$/gm)].map(([, number = '']) => number);
}

const count = (type: ChannelEvent['type']): number => events.filter((event) => event.type === type).length;

test('messages are lost by chance, the same ones each time, and the sender does not know', async () => {
  const arrived = await arrivals({ drop: 0.2 });
  expect(count('message_dropped')).toBe(100 - arrived.length);
  expect(arrived.length).toBeGreaterThan(65);
  expect(arrived.length).toBeLessThan(95);
  expect(await arrivals({ drop: 0.2 })).toEqual(arrived);
  expect(await arrivals({ drop: 0.2 }, 'coop/t/1/f1_f2@2')).not.toEqual(arrived);
  expect(await arrivals({ drop: 0.2, seed: 1 })).not.toEqual(arrived);
  expect(await arrivals({ drop: 0.2, seed: 1 })).toEqual(await arrivals({ drop: 0.2, seed: 1 }));
  // A second fault does not change which messages the first one hits.
  expect([...new Set(await arrivals({ drop: 0.2, duplicate: 0.5 }))]).toEqual(arrived);
  expect(await arrivals({ drop: 1 })).toEqual([]);
  expect(await arrivals({})).toHaveLength(100);
});

test('messages come twice', async () => {
  const arrived = await arrivals({ duplicate: 0.5 });
  expect(new Set(arrived).size).toBe(100);
  expect(arrived.length).toBe(100 + count('message_duplicated'));
  expect(arrived.length).toBeGreaterThan(125);
});

test('a silent seat hears, and nobody hears it', async () => {
  await using trial = await open(messagesChannel, { silent: 'agent1' });
  await call(trial, 'agent1', 'send_message', 'agent2', 'lost');
  await call(trial, 'agent2', 'send_message', 'agent1', 'heard');
  expect(await trial.inbox?.('agent2').take()).toEqual([]);
  expect(await trial.inbox?.('agent1').take()).toEqual([{ text: '[Message from agent2]: heard' }]);
  expect(events).toContainEqual({ type: 'message_dropped', id: expect.any(String), seat: 'agent2' });
});

test('a message is late, and a wait for it lasts so long', async () => {
  await using trial = await open(messagesChannel, { delay: 0.3 });
  const began = performance.now();
  await call(trial, 'agent1', 'send_message', 'agent2', 'late');
  const inbox = trial.inbox?.('agent2') ?? expect.fail('no inbox');
  expect(await inbox.take()).toEqual([]);
  const notes = await inbox.take({ waitMs: 60_000 });
  expect(notes).toEqual([{ text: '[Message from agent1]: late' }]);
  expect(performance.now() - began).toBeGreaterThan(290);
  inbox.giveBack(notes);
  expect(await inbox.take()).toEqual(notes);
});

test('the delay of a message counts from when it was sent', async () => {
  await using trial = await open(messagesChannel, { delay: 0.3 });
  await call(trial, 'agent1', 'send_message', 'agent2', 'late');
  await delay(320);
  expect(await trial.inbox?.('agent2').take()).toEqual([{ text: '[Message from agent1]: late' }]);
});

test('a wait ends when the seat has left, without turning in circles', async () => {
  await using trial = await open(messagesChannel, { drop: 1 });
  const pending = trial.inbox?.('agent2').take({ waitMs: 60_000 });
  await delay(20);
  await trial.leave?.('agent2');
  expect(await pending).toEqual([]);
});

/** A channel of somebody else: a class with private fields, notes, and no mailbox. */
class Notes implements OpenChannel {
  readonly #notes = new Map<string, Note[]>();
  run = async ({ seat, args }: Parameters<OpenChannel['run']>[0]) => {
    for (const { id } of seats)
      if (id !== seat) this.#notes.set(id, [...this.#of(id), { text: args.join(' ') }]);
    return {};
  };
  instructions(): string {
    return `${this.#notes.size}`;
  }
  inbox(seat: string): Inbox {
    const take = async (): Promise<Note[]> => {
      const notes = this.#of(seat);
      this.#notes.delete(seat);
      return notes;
    };
    return { take, giveBack: () => expect.fail('the queue keeps what is given back') };
  }
  #of(seat: string): Note[] {
    return this.#notes.get(seat) ?? [];
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

test('faults meet the notes of any channel', async () => {
  const channel: Channel = {
    commands: [{ name: 'note', usage: 'note TEXT' }],
    open: async () => new Notes(),
  };
  await using dropping = await open(channel, { drop: 1, silent: 'agent2' });
  expect(dropping.instructions(seats[0] as SeatPlan)).toBe('0');
  await call(dropping, 'agent1', 'note', 'hello');
  expect(await dropping.inbox?.('agent2').take()).toEqual([]);
  await expect(call(dropping, 'agent2', 'note', 'hello')).rejects.toThrow('the channel does not answer');
  const fault = { type: 'activity', seat: 'agent2', channel: 'messages' };
  expect(events).toEqual([
    { ...fault, text: 'fault: a note is dropped' },
    { ...fault, text: 'fault: note is not heard' },
  ]);
  await using doubling = await open(channel, { duplicate: 1 });
  await call(doubling, 'agent1', 'note', 'hello');
  const inbox = doubling.inbox?.('agent2') ?? expect.fail('no inbox');
  const notes = await inbox.take();
  expect(notes).toEqual([{ text: 'hello' }, { text: 'hello' }]);
  inbox.giveBack(notes.slice(1));
  expect(await inbox.take()).toEqual([{ text: 'hello' }]);
});

/** A channel of somebody else with commands alone. */
const board: Channel & { readonly lines: string[] } = {
  lines: [],
  commands: [{ name: 'board', usage: 'board [TEXT]' }],
  open: async () => ({
    instructions: () => '',
    run: async ({ args, stdin }) => {
      board.lines.push(args[0] ?? Buffer.from(await stdin()).toString());
      return { stdout: `${board.lines.length}` };
    },
    async [Symbol.asyncDispose]() {},
  }),
};

test('faults meet the calls of a channel that has only commands', async () => {
  board.lines.length = 0;
  await using dropping = await open(board, { drop: 0.2 });
  const calls = Array.from({ length: 100 }, (_, n) => call(dropping, 'agent1', 'board', `${n}`));
  const ends = await Promise.allSettled(calls);
  const lostItems = ends.filter(({ status }) => status === 'rejected');
  expect(lostItems.length).toBeGreaterThan(5);
  expect(lostItems.length).toBeLessThan(35);
  expect(lostItems[0]).toMatchObject({ reason: new Error('the channel does not answer') });
  expect(board.lines).toHaveLength(100 - lostItems.length);
  expect(events).toHaveLength(lostItems.length);
  expect(events[0]).toMatchObject({ seat: 'agent1', channel: 'messages', text: 'fault: board is dropped' });

  await using slow = await open(board, { delay: 0.2 });
  const began = performance.now();
  await call(slow, 'agent1', 'board', 'late');
  expect(performance.now() - began).toBeGreaterThan(190);

  board.lines.length = 0;
  await using doubling = await open(board, { duplicate: 1 });
  const signal = new AbortController().signal;
  let read = 0;
  const input = { seat: 'agent1', command: 'board', args: [], signal };
  const answer = await doubling.run({
    ...input,
    stdin: async () => Buffer.from(`input ${++read}`),
    stream: () => expect.fail('no stream'),
  });
  expect(answer).toEqual({ stdout: '1' });
  expect(board.lines).toEqual(['input 1', 'input 1']);
});

test('a fault that would do nothing is refused', () => {
  expect(findRefused(gitChannel, { drop: 1, delay: 1 })).toBeUndefined();
  expect(findRefused(board, { duplicate: 1 })).toBeUndefined();
  expect(findRefused(gitChannel, { duplicate: 0.1 })).toBe(
    'it has nothing that could come twice, because agents do not call its commands themselves',
  );
});
