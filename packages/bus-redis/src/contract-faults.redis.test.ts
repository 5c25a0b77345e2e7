import type { Mailbox, Message, MessageBus } from '@cooperbench/core';
import { busContract } from '@cooperbench/core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, TestServer } from './redis-server.test.support.ts';

type Fault = (right: Mailbox) => Partial<Mailbox>;

const reading = (change: (messages: readonly Message[]) => readonly Message[]): Fault => {
  return (right) => ({
    drain: async () => change(await right.drain()),
    receive: async (options) => change(await right.receive(options)),
  });
};
const each = (change: Partial<Message>): Fault =>
  reading((messages) => messages.map((message) => ({ ...message, ...change })));

/** Promises, each broken. */
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
      return messages.length > 0 ? messages : new Promise((resolve) => setTimeout(resolve, 20_000, []));
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
  'stays open when closed': () => ({ [Symbol.asyncDispose]: async () => {} }),
};

describeRedis('the bus contract catches a bus that', () => {
  let right: RedisBus;
  beforeAll(async () => {
    const server = await TestServer.start();
    right = new RedisBus({ url: server.url });
  });
  afterAll(() => right[Symbol.asyncDispose]());

  test.concurrent.for(Object.entries(faults))('%s', async ([, fault]) => {
    expect(
      await failures({ open: async (trial, seat) => faulty(await right.open(trial, seat), fault) }),
    ).not.toEqual([]);
  });

  test('mixes trials up', async () => {
    expect(await failures({ open: (_trial, seat) => right.open('one for all', seat) })).not.toEqual([]);
  });
});

function faulty(mailbox: Mailbox, fault: Fault): Mailbox {
  return {
    send: (to, text) => mailbox.send(to, text),
    drain: () => mailbox.drain(),
    receive: (options) => mailbox.receive(options),
    [Symbol.asyncDispose]: () => mailbox[Symbol.asyncDispose](),
    ...fault(mailbox),
  };
}

/** The cases that notice within five seconds, or do not end. */
async function failures(bus: MessageBus): Promise<string[]> {
  const checks = busContract.map(async ({ name, check }) => {
    const timeout = new Promise<never>((_, reject) => setTimeout(reject, 5000, new Error('no end')).unref());
    return Promise.race([check(bus), timeout]).then(
      () => [],
      () => [name],
    );
  });
  return (await Promise.all(checks)).flat();
}
