// This file has more than 250 lines, because it is one list of short, independent cases.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Mailbox, MessageBus, Receipt } from '@cooperbench/core';

export interface BusCase {
  readonly name: string;
  /** Opens trials with unique names. Rejects, usually with an AssertionError, when the bus breaks its promise. */
  check(bus: MessageBus): Promise<void>;
}

/** Longer than the time limit of a test, so that a bus that waits when it must not wait fails the test. */
const foreverMs = 120_000;

async function withSeats(
  bus: MessageBus,
  seats: readonly string[],
  check: (...mailboxes: Mailbox[]) => Promise<void>,
): Promise<void> {
  const trial = randomUUID();
  const mailboxes: Mailbox[] = [];
  try {
    for (const seat of seats) mailboxes.push(await bus.open(trial, seat));
    await check(...mailboxes);
  } finally {
    for (const mailbox of mailboxes) await mailbox[Symbol.asyncDispose]();
  }
}

const removeId = (receipts: readonly Receipt[]): Omit<Receipt, 'id'>[] =>
  receipts.map(({ id: _, ...receipt }) => receipt);

const listTexts = (messages: readonly { text: string }[]): string[] =>
  messages.map((message) => message.text);

/** The promises of every message bus. */
export const busContract: readonly BusCase[] = [
  {
    name: 'a message arrives once, with its sender, its recipient and the time in unix seconds',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        const before = Date.now() / 1000;
        assert.deepEqual(removeId(await agent1!.send('agent2', 'hello')), [{ to: 'agent2', accepted: true }]);
        const after = Date.now() / 1000;
        const [message, ...otherMessages] = await agent2!.drain();
        assert.equal(otherMessages.length, 0);
        assert.equal(message?.from, 'agent1');
        assert.equal(message?.to, 'agent2');
        assert.equal(message?.text, 'hello');
        // The clock of a broker may be a little off.
        assert.ok((message?.sentAt ?? 0) > before - 60 && (message?.sentAt ?? 0) < after + 60);
        assert.deepEqual(await agent2!.drain(), []);
      }),
  },
  {
    name: 'a call whose signal has aborted rejects with its reason, sends nothing and removes nothing',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        await agent1!.send('agent2', 'kept');
        const reason = new Error('stopped');
        const signal = AbortSignal.abort(reason);
        for (const call of [
          () => bus.open(randomUUID(), 'agent1', { signal }),
          () => agent1!.send('agent2', 'never', { signal }),
          () => agent2!.drain({ signal }),
          () => agent2!.receive({ waitMs: foreverMs, signal }),
        ])
          await assert.rejects(call, (error) => error === reason);
        assert.deepEqual(listTexts(await agent2!.drain()), ['kept']);
      }),
  },
  {
    name: 'messages arrive in the order they were sent',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        for (let n = 0; n < 50; n += 1) await agent1!.send('agent2', `m${n}`);
        assert.deepEqual(
          listTexts(await agent2!.drain()),
          Array.from({ length: 50 }, (_, n) => `m${n}`),
        );
      }),
  },
  {
    name: 'any text arrives as it was sent',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        const oddTexts = [
          '',
          ' ',
          'line\nline\r\n',
          '"\'`$(id)\\',
          '\u0000\u0007',
          'ünï→漢字🙂',
          'x'.repeat(200_000),
        ];
        for (const text of oddTexts) await agent1!.send('agent2', text);
        assert.deepEqual(listTexts(await agent2!.drain()), oddTexts);
      }),
  },
  {
    name: 'a seat that was never opened refuses as unknown',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1) => {
        assert.deepEqual(removeId(await agent1!.send('agent9', 'hello')), [
          { to: 'agent9', accepted: false, reason: 'unknown' },
        ]);
      }),
  },
  {
    name: 'a closed mailbox refuses as finished',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        await agent2![Symbol.asyncDispose]();
        assert.deepEqual(removeId(await agent1!.send('agent2', 'hello')), [
          { to: 'agent2', accepted: false, reason: 'finished' },
        ]);
      }),
  },
  {
    name: 'all reaches every peer but the sender, with one id and a receipt each',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2', 'agent3'], async (agent1, agent2, three) => {
        const receipts = await agent1!.send('all', 'hello');
        assert.deepEqual(
          removeId(receipts).sort((a, b) => (a.to < b.to ? -1 : 1)),
          [
            { to: 'agent2', accepted: true },
            { to: 'agent3', accepted: true },
          ],
        );
        const [atTwo] = await agent2!.drain();
        const [atThree] = await three!.drain();
        assert.equal(atTwo?.to, 'all');
        assert.equal(atTwo?.id, atThree?.id);
        assert.ok(receipts.every((receipt) => receipt.id === atTwo?.id));
        assert.deepEqual(await agent1!.drain(), []);
      }),
  },
  {
    name: 'trials do not hear each other',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], (agent1) =>
        withSeats(bus, ['agent1', 'agent2'], async (_, otherTwo) => {
          await agent1!.send('agent2', 'hello');
          assert.deepEqual(await otherTwo!.drain(), []);
        }),
      ),
  },
  {
    name: 'receive waits for a message that comes later',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        const pendingReceive = agent2!.receive({ waitMs: foreverMs });
        setTimeout(() => void agent1!.send('agent2', 'late'), 50);
        assert.deepEqual(listTexts(await pendingReceive), ['late']);
      }),
  },
  {
    name: 'receive returns nothing after its wait',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1) => {
        assert.deepEqual(await agent1!.receive({ waitMs: 80 }), []);
      }),
  },
  {
    name: 'receive rejects with the reason when aborted, and loses nothing',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        const controller = new AbortController();
        const pendingReceive = agent2!.receive({ waitMs: foreverMs, signal: controller.signal });
        setTimeout(() => controller.abort(new Error('enough')), 30);
        await assert.rejects(pendingReceive, /enough/);
        await agent1!.send('agent2', 'after');
        assert.deepEqual(listTexts(await agent2!.drain()), ['after']);
      }),
  },
  {
    name: 'receive rejects immediately when the signal is already aborted, and loses nothing',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        await agent1!.send('agent2', 'before');
        const signal = AbortSignal.abort(new Error('enough'));
        await assert.rejects(agent2!.receive({ waitMs: foreverMs, signal }), /enough/);
        assert.deepEqual(listTexts(await agent2!.drain()), ['before']);
      }),
  },
  {
    name: 'receive returns waiting messages immediately, even without a wait, and drain does not repeat them',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        await agent1!.send('agent2', 'first');
        assert.deepEqual(listTexts(await agent2!.receive({ waitMs: 0 })), ['first']);
        await agent1!.send('agent2', 'second');
        assert.deepEqual(listTexts(await agent2!.receive({ waitMs: foreverMs })), ['second']);
        assert.deepEqual(await agent2!.drain(), []);
      }),
  },
  {
    name: 'messages sent without waiting for receipts keep their order',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        const sentTexts = Array.from({ length: 50 }, (_, n) => `m${n}`);
        await Promise.all(sentTexts.map((text) => agent1!.send('agent2', text)));
        assert.deepEqual(listTexts(await agent2!.drain()), sentTexts);
      }),
  },
  {
    name: 'messages of two seats that send concurrently keep their order, and each has its own id',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2', 'agent3'], async (agent1, agent2, three) => {
        const sentTexts = Array.from({ length: 20 }, (_, n) => `m${n}`);
        const receipts = await Promise.all(
          [agent1!, agent2!].flatMap((mailbox) => sentTexts.map((text) => mailbox.send('agent3', text))),
        );
        const messages = await three!.drain();
        for (const seat of ['agent1', 'agent2'])
          assert.deepEqual(listTexts(messages.filter(({ from }) => from === seat)), sentTexts);
        assert.equal(new Set(messages.map(({ id }) => id)).size, 40);
        assert.deepEqual(new Set(receipts.flat().map(({ id }) => id)), new Set(messages.map(({ id }) => id)));
      }),
  },
  {
    name: 'two readers of one seat never receive the same message',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        const readers = [agent2!.receive({ waitMs: 2000 }), agent2!.receive({ waitMs: 2000 })];
        for (let n = 0; n < 10; n += 1) await agent1!.send('agent2', `m${n}`);
        const messages = [...(await Promise.all(readers)), await agent2!.drain()].flat();
        assert.deepEqual(
          listTexts(messages).sort(),
          Array.from({ length: 10 }, (_, n) => `m${n}`),
        );
      }),
  },
  {
    name: 'all gives a receipt for each peer, and none when there is no peer',
    check: (bus) =>
      withSeats(bus, ['agent1'], async (agent1) => {
        assert.deepEqual(await agent1!.send('all', 'hello'), []);
      }).then(() =>
        withSeats(bus, ['agent1', 'agent2', 'agent3'], async (agent1, agent2, three) => {
          await agent2![Symbol.asyncDispose]();
          assert.deepEqual(
            removeId(await agent1!.send('all', 'hello')).sort((a, b) => (a.to < b.to ? -1 : 1)),
            [
              { to: 'agent2', accepted: false, reason: 'finished' },
              { to: 'agent3', accepted: true },
            ],
          );
          assert.deepEqual(listTexts(await three!.drain()), ['hello']);
        }),
      ),
  },
  {
    name: 'what a seat sent arrives after it has closed',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        await agent1!.send('agent2', 'farewell');
        await agent1![Symbol.asyncDispose]();
        assert.deepEqual(listTexts(await agent2!.drain()), ['farewell']);
      }),
  },
  {
    name: 'closing a mailbox ends its waiting receive',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (_, agent2) => {
        const pendingReceive = agent2!.receive({ waitMs: foreverMs });
        setTimeout(() => void agent2![Symbol.asyncDispose](), 30);
        assert.deepEqual(await pendingReceive, []);
      }),
  },
  {
    name: 'a trial that is opened again after all its seats have closed begins empty',
    check: async (bus) => {
      const trial = `${randomUUID()}/coop/repo/1/f1_f2`;
      for (const text of ['first time', 'second time']) {
        await using agent1 = await bus.open(trial, 'agent1');
        assert.deepEqual(removeId(await agent1.send('agent2', text)), [
          { to: 'agent2', accepted: false, reason: 'unknown' },
        ]);
        await using agent2 = await bus.open(trial, 'agent2');
        assert.deepEqual(await agent2.drain(), []);
        await agent1.send('agent2', text);
      }
    },
  },
  {
    name: 'trials with similar or unusual names do not hear each other',
    check: async (bus) => {
      const run = randomUUID();
      const names = ['a', 'a/b', 'a:b', 'a#b', 'a*', '{a}', 'ä b', 'all'].map((name) => `${run}/${name}`);
      const rooms = await Promise.all(
        names.map(async (name) => [await bus.open(name, 'agent1'), await bus.open(name, 'agent2')] as const),
      );
      await Promise.all(rooms.map(([agent1], n) => agent1.send('agent2', `in ${names[n]}`)));
      for (const [n, [, agent2]] of rooms.entries())
        assert.deepEqual(listTexts(await agent2.drain()), [`in ${names[n]}`]);
      for (const mailbox of rooms.flat()) await mailbox[Symbol.asyncDispose]();
    },
  },
  {
    name: 'messages that are given back come first and in order, also to a reader that waits',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1, agent2) => {
        for (const text of ['first', 'second']) await agent1!.send('agent2', text);
        const unshown = await agent2!.drain();
        await agent1!.send('agent2', 'third');
        agent2!.giveBack(unshown);
        assert.deepEqual(listTexts(await agent2!.drain()), ['first', 'second', 'third']);
        const pendingReceive = agent2!.receive({ waitMs: foreverMs });
        setTimeout(() => agent2!.giveBack(unshown), 30);
        assert.deepEqual(listTexts(await pendingReceive), ['first', 'second']);
        assert.deepEqual(await agent2!.drain(), []);
      }),
  },
  {
    name: 'closing a mailbox twice is harmless',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (agent1) => {
        await agent1![Symbol.asyncDispose]();
        await agent1![Symbol.asyncDispose]();
      }),
  },
];
