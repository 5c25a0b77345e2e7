import type { Mailbox, Message, MessageBus } from '@cooperbench/core';
import { createMemoryBus } from '@cooperbench/core/host';
import { describe, expect, test } from 'vitest';
import { busContract } from './bus-contract.ts';
import { slowness } from './slowness.ts';

type Fault = (right: Mailbox) => Partial<Mailbox>;

const reading = (change: (messages: readonly Message[]) => readonly Message[]): Fault => {
  return (right) => ({
    drain: async () => change(await right.drain()),
    receive: async (options) => change(await right.receive(options)),
  });
};
const each = (change: Partial<Message>): Fault =>
  reading((messages) => messages.map((message) => ({ ...message, ...change })));

/** Each breaks one promise. */
const faults: Readonly<Record<string, Fault>> = {
  'gives everything twice': reading((messages) => [...messages, ...messages]),
  'gives the newest first': reading((messages) => messages.toReversed()),
  'gives only the first message': reading((messages) => messages.slice(0, 1)),
  'trims texts': reading((messages) =>
    messages.map((message) => ({ ...message, text: message.text.trim() })),
  ),
  'names another sender': each({ from: 'agent9' }),
  'names the reader instead of all': each({ to: 'agent2' }),
  'gives every message one id': each({ id: 'same' }),
  'tells the time in milliseconds': reading((messages) =>
    messages.map((message) => ({ ...message, sentAt: message.sentAt * 1000 })),
  ),
  'accepts what nobody will read': (right) => ({
    send: async (to, text) =>
      (await right.send(to, text)).map(({ id, to: seat }) => ({ id, to: seat, accepted: true })),
  }),
  'does not wait': (right) => ({ receive: () => right.drain() }),
  'does not give up': (right) => ({
    receive: async (options) => {
      const messages = await right.receive(options);
      return messages.length > 0
        ? messages
        : new Promise((resolve) => setTimeout(resolve, 20_000 * slowness, []));
    },
  }),
  'does not hear an abort': (right) => ({ receive: ({ waitMs }) => right.receive({ waitMs }) }),
  'loses what comes after an abort': (right) => {
    let lose = false;
    return {
      receive: (options) =>
        right.receive(options).catch((error: unknown) => {
          lose = true;
          throw error;
        }),
      drain: async () => (await right.drain()).filter(() => !lose),
    };
  },
  'forgets what it gets back': () => ({ giveBack: () => {} }),
  'stays open when closed': () => ({ [Symbol.asyncDispose]: async () => {} }),
};

describe('the bus contract', () => {
  const right = createMemoryBus();

  test.concurrent('passes a bus that keeps it', async () => {
    expect(await isCaught(right)).toBe(false);
  });

  test.concurrent.for(Object.entries(faults))('catches a bus that %s', async ([, fault]) => {
    const bus = { open: async (trial: string, seat: string) => faulty(await right.open(trial, seat), fault) };
    expect(await isCaught(bus)).toBe(true);
  });

  test.concurrent('catches a bus that mixes trials up', async () => {
    expect(await isCaught({ open: (_trial, seat) => right.open('one for all', seat) })).toBe(true);
  });
});

function faulty(mailbox: Mailbox, fault: Fault): Mailbox {
  return {
    send: (to, text) => mailbox.send(to, text),
    drain: () => mailbox.drain(),
    receive: (options) => mailbox.receive(options),
    giveBack: (messages) => mailbox.giveBack(messages),
    [Symbol.asyncDispose]: () => mailbox[Symbol.asyncDispose](),
    ...fault(mailbox),
  };
}

/** Returns whether a case fails, or does not end in time. */
async function isCaught(bus: MessageBus): Promise<boolean> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(reject, 5000 * slowness, new Error('no end'));
  try {
    await Promise.race([late, Promise.all(busContract.map(({ check }) => check(bus)))]);
    return false;
  } catch {
    return true;
  } finally {
    clearTimeout(timer);
  }
}
