// Past 250 lines: one list of short, independent cases.
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

const texts = (messages: readonly { text: string }[]): string[] => messages.map((message) => message.text);

/** The promises of every message bus. */
export const busContract: readonly BusCase[] = [
  {
    name: 'a message arrives once, with its sender, its recipient and the time in unix seconds',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        const before = Date.now() / 1000;
        assert.deepEqual(removeId(await one!.send('agent2', 'hello')), [{ to: 'agent2', accepted: true }]);
        const after = Date.now() / 1000;
        const [message, ...more] = await two!.drain();
        assert.equal(more.length, 0);
        assert.equal(message?.from, 'agent1');
        assert.equal(message?.to, 'agent2');
        assert.equal(message?.text, 'hello');
        // The clock of a broker may be a little off.
        assert.ok((message?.sentAt ?? 0) > before - 60 && (message?.sentAt ?? 0) < after + 60);
        assert.deepEqual(await two!.drain(), []);
      }),
  },
  {
    name: 'a call whose signal has aborted rejects with its reason, sends nothing and removes nothing',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        await one!.send('agent2', 'kept');
        const reason = new Error('stopped');
        const signal = AbortSignal.abort(reason);
        for (const call of [
          () => bus.open(randomUUID(), 'agent1', { signal }),
          () => one!.send('agent2', 'never', { signal }),
          () => two!.drain({ signal }),
          () => two!.receive({ waitMs: foreverMs, signal }),
        ])
          await assert.rejects(call, (error) => error === reason);
        assert.deepEqual(texts(await two!.drain()), ['kept']);
      }),
  },
  {
    name: 'messages arrive in the order they were sent',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        for (let n = 0; n < 50; n += 1) await one!.send('agent2', `m${n}`);
        assert.deepEqual(
          texts(await two!.drain()),
          Array.from({ length: 50 }, (_, n) => `m${n}`),
        );
      }),
  },
  {
    name: 'any text arrives as it was sent',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        const odd = [
          '',
          ' ',
          'line\nline\r\n',
          '"\'`$(id)\\',
          '\u0000\u0007',
          'ünï→漢字🙂',
          'x'.repeat(200_000),
        ];
        for (const text of odd) await one!.send('agent2', text);
        assert.deepEqual(texts(await two!.drain()), odd);
      }),
  },
  {
    name: 'a seat that was never opened refuses as unknown',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one) => {
        assert.deepEqual(removeId(await one!.send('agent9', 'hello')), [
          { to: 'agent9', accepted: false, reason: 'unknown' },
        ]);
      }),
  },
  {
    name: 'a closed mailbox refuses as finished',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        await two![Symbol.asyncDispose]();
        assert.deepEqual(removeId(await one!.send('agent2', 'hello')), [
          { to: 'agent2', accepted: false, reason: 'finished' },
        ]);
      }),
  },
  {
    name: 'all reaches every peer but the sender, with one id and a receipt each',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2', 'agent3'], async (one, two, three) => {
        const receipts = await one!.send('all', 'hello');
        assert.deepEqual(
          removeId(receipts).sort((a, b) => (a.to < b.to ? -1 : 1)),
          [
            { to: 'agent2', accepted: true },
            { to: 'agent3', accepted: true },
          ],
        );
        const [atTwo] = await two!.drain();
        const [atThree] = await three!.drain();
        assert.equal(atTwo?.to, 'all');
        assert.equal(atTwo?.id, atThree?.id);
        assert.ok(receipts.every((receipt) => receipt.id === atTwo?.id));
        assert.deepEqual(await one!.drain(), []);
      }),
  },
  {
    name: 'trials do not hear each other',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], (one) =>
        withSeats(bus, ['agent1', 'agent2'], async (_, otherTwo) => {
          await one!.send('agent2', 'hello');
          assert.deepEqual(await otherTwo!.drain(), []);
        }),
      ),
  },
  {
    name: 'receive waits for a message that comes later',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        const waiting = two!.receive({ waitMs: foreverMs });
        setTimeout(() => void one!.send('agent2', 'late'), 50);
        assert.deepEqual(texts(await waiting), ['late']);
      }),
  },
  {
    name: 'receive returns nothing after its wait',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one) => {
        assert.deepEqual(await one!.receive({ waitMs: 80 }), []);
      }),
  },
  {
    name: 'receive rejects with the reason when aborted, and loses nothing',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        const controller = new AbortController();
        const waiting = two!.receive({ waitMs: foreverMs, signal: controller.signal });
        setTimeout(() => controller.abort(new Error('enough')), 30);
        await assert.rejects(waiting, /enough/);
        await one!.send('agent2', 'after');
        assert.deepEqual(texts(await two!.drain()), ['after']);
      }),
  },
  {
    name: 'receive rejects immediately when the signal is already aborted, and loses nothing',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        await one!.send('agent2', 'before');
        const signal = AbortSignal.abort(new Error('enough'));
        await assert.rejects(two!.receive({ waitMs: foreverMs, signal }), /enough/);
        assert.deepEqual(texts(await two!.drain()), ['before']);
      }),
  },
  {
    name: 'receive returns waiting messages immediately, even without a wait, and drain does not repeat them',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        await one!.send('agent2', 'first');
        assert.deepEqual(texts(await two!.receive({ waitMs: 0 })), ['first']);
        await one!.send('agent2', 'second');
        assert.deepEqual(texts(await two!.receive({ waitMs: foreverMs })), ['second']);
        assert.deepEqual(await two!.drain(), []);
      }),
  },
  {
    name: 'messages sent without waiting for receipts keep their order',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        const sent = Array.from({ length: 50 }, (_, n) => `m${n}`);
        await Promise.all(sent.map((text) => one!.send('agent2', text)));
        assert.deepEqual(texts(await two!.drain()), sent);
      }),
  },
  {
    name: 'messages of two seats that send concurrently keep their order, and each has its own id',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2', 'agent3'], async (one, two, three) => {
        const sent = Array.from({ length: 20 }, (_, n) => `m${n}`);
        const receipts = await Promise.all(
          [one!, two!].flatMap((mailbox) => sent.map((text) => mailbox.send('agent3', text))),
        );
        const got = await three!.drain();
        for (const seat of ['agent1', 'agent2'])
          assert.deepEqual(texts(got.filter(({ from }) => from === seat)), sent);
        assert.equal(new Set(got.map(({ id }) => id)).size, 40);
        assert.deepEqual(new Set(receipts.flat().map(({ id }) => id)), new Set(got.map(({ id }) => id)));
      }),
  },
  {
    name: 'two readers of one seat never receive the same message',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        const readers = [two!.receive({ waitMs: 2000 }), two!.receive({ waitMs: 2000 })];
        for (let n = 0; n < 10; n += 1) await one!.send('agent2', `m${n}`);
        const got = [...(await Promise.all(readers)), await two!.drain()].flat();
        assert.deepEqual(
          texts(got).sort(),
          Array.from({ length: 10 }, (_, n) => `m${n}`),
        );
      }),
  },
  {
    name: 'all gives a receipt for each peer, and none when there is no peer',
    check: (bus) =>
      withSeats(bus, ['agent1'], async (one) => {
        assert.deepEqual(await one!.send('all', 'hello'), []);
      }).then(() =>
        withSeats(bus, ['agent1', 'agent2', 'agent3'], async (one, two, three) => {
          await two![Symbol.asyncDispose]();
          assert.deepEqual(
            removeId(await one!.send('all', 'hello')).sort((a, b) => (a.to < b.to ? -1 : 1)),
            [
              { to: 'agent2', accepted: false, reason: 'finished' },
              { to: 'agent3', accepted: true },
            ],
          );
          assert.deepEqual(texts(await three!.drain()), ['hello']);
        }),
      ),
  },
  {
    name: 'what a seat sent arrives after it has closed',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        await one!.send('agent2', 'farewell');
        await one![Symbol.asyncDispose]();
        assert.deepEqual(texts(await two!.drain()), ['farewell']);
      }),
  },
  {
    name: 'closing a mailbox ends its waiting receive',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (_, two) => {
        const waiting = two!.receive({ waitMs: foreverMs });
        setTimeout(() => void two![Symbol.asyncDispose](), 30);
        assert.deepEqual(await waiting, []);
      }),
  },
  {
    name: 'a trial that is opened again after all its seats have closed begins empty',
    check: async (bus) => {
      const trial = `${randomUUID()}/coop/repo/1/f1_f2`;
      for (const text of ['first time', 'second time']) {
        await using one = await bus.open(trial, 'agent1');
        assert.deepEqual(removeId(await one.send('agent2', text)), [
          { to: 'agent2', accepted: false, reason: 'unknown' },
        ]);
        await using two = await bus.open(trial, 'agent2');
        assert.deepEqual(await two.drain(), []);
        await one.send('agent2', text);
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
      await Promise.all(rooms.map(([one], n) => one.send('agent2', `in ${names[n]}`)));
      for (const [n, [, two]] of rooms.entries())
        assert.deepEqual(texts(await two.drain()), [`in ${names[n]}`]);
      for (const mailbox of rooms.flat()) await mailbox[Symbol.asyncDispose]();
    },
  },
  {
    name: 'messages that are given back come first and in order, also to a reader that waits',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one, two) => {
        for (const text of ['first', 'second']) await one!.send('agent2', text);
        const unshown = await two!.drain();
        await one!.send('agent2', 'third');
        two!.giveBack(unshown);
        assert.deepEqual(texts(await two!.drain()), ['first', 'second', 'third']);
        const waiting = two!.receive({ waitMs: foreverMs });
        setTimeout(() => two!.giveBack(unshown), 30);
        assert.deepEqual(texts(await waiting), ['first', 'second']);
        assert.deepEqual(await two!.drain(), []);
      }),
  },
  {
    name: 'closing a mailbox twice is harmless',
    check: (bus) =>
      withSeats(bus, ['agent1', 'agent2'], async (one) => {
        await one![Symbol.asyncDispose]();
        await one![Symbol.asyncDispose]();
      }),
  },
];
