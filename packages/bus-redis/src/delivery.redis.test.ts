import { performance } from 'node:perf_hooks';
import type { Mailbox } from '@cooperbench/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, TestServer, texts } from './redis-server.test.support.ts';

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

describeRedis('delivery', () => {
  let server: TestServer;
  let bus: RedisBus;
  beforeAll(async () => {
    server = await TestServer.start();
    bus = new RedisBus({ url: server.url });
  });
  afterAll(() => bus[Symbol.asyncDispose]());

  test('a waiting seat has a message within milliseconds', async () => {
    await using one = await bus.open('latency/trial', 'agent1');
    await using two = await bus.open('latency/trial', 'agent2');
    const took: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      const waiting = two.receive({ waitMs: 5000 });
      const sentAt = performance.now();
      await one.send('agent2', `m${n}`);
      expect(texts(await waiting)).toEqual([`m${n}`]);
      took.push(performance.now() - sentAt);
    }
    console.info(`send to receive: median ${median(took).toFixed(2)} ms of ${took.length}`);
    expect(median(took)).toBeLessThan(10);
  });

  test('waiting asks the server for nothing', async () => {
    await using one = await bus.open('quiet/trial', 'agent1');
    const before = await commands(server);
    expect(await one.receive({ waitMs: 1000 })).toEqual([]);
    // The look before the wait, and this test's own INFO.
    expect((await commands(server)) - before).toBeLessThanOrEqual(3);
  });

  test('1,000 trials at once over two connections', async () => {
    const trials = Array.from({ length: 1000 }, (_, n) => `many/coop/repo/1/f${n}`);
    const started = performance.now();
    const seats = await Promise.all(
      trials.map((trial) => Promise.all([bus.open(trial, 'agent1'), bus.open(trial, 'agent2')])),
    );
    const opened = performance.now();
    const received = seats.map(([, two]) => two.receive({ waitMs: 20_000 }));
    await Promise.all(seats.map(([one], n) => one.send('agent2', `to ${n}`)));
    for (const [n, messages] of (await Promise.all(received)).entries())
      expect(texts(messages)).toEqual([`to ${n}`]);
    const done = performance.now();
    expect(await server.connections()).toBe(2);
    await Promise.all(seats.flat().map((seat) => seat[Symbol.asyncDispose]()));
    console.info(
      `2,000 mailboxes opened in ${(opened - started).toFixed(0)} ms, 1,000 messages delivered in ${(done - opened).toFixed(0)} ms`,
    );
  });

  test('an attempt begins empty, also when an earlier process was killed in the middle', async () => {
    const killed = new RedisBus({ url: server.url });
    const seats = [
      await killed.open('again/trial', 'agent1'),
      await killed.open('again/trial', 'agent2'),
    ] as const;
    await seats[0].send('agent2', 'from before');

    await using next = new RedisBus({ url: server.url });
    await using one = await next.open('again/trial', 'agent1');
    expect(await one.send('agent2', 'early')).toMatchObject([{ accepted: false, reason: 'unknown' }]);
    await using two = await next.open('again/trial', 'agent2');
    expect(await two.drain()).toEqual([]);
    await one.send('agent2', 'now');
    expect(texts(await seats[1].drain())).toEqual(['from before']);
    expect(texts(await two.drain())).toEqual(['now']);
    await killed[Symbol.asyncDispose]();
  });

  test('more than one batch at once, in order', async () => {
    await using one = await bus.open('batch/trial', 'agent1');
    await using two = await bus.open('batch/trial', 'agent2');
    const sent = Array.from({ length: 700 }, (_, n) => `m${n}`);
    await Promise.all(sent.map((text) => one.send('agent2', text)));
    expect(texts(await two.drain())).toEqual(sent);
  });

  test('prefixes keep two users of one server apart', async () => {
    await using other = new RedisBus({ url: server.url, keyPrefix: 'other:' });
    await using one = await bus.open('prefix/trial', 'agent1');
    await using two = await other.open('prefix/trial', 'agent2');
    expect(await one.send('agent2', 'hello')).toMatchObject([{ reason: 'unknown' }]);
    expect(await two.drain()).toEqual([]);
    expect(await server.admin.keys('other:*')).not.toEqual([]);
  });

  test('a bus that was disposed of says so', async () => {
    const gone = new RedisBus({ url: server.url });
    const one = await gone.open('gone/trial', 'agent1');
    const waiting: Promise<unknown> = one.receive({ waitMs: 60_000 });
    waiting.catch(() => {});
    await gone[Symbol.asyncDispose]();
    await expect(waiting).rejects.toMatchObject({ code: 'REDIS_CLOSED' });
    await expect(one.send('agent1', 'hello')).rejects.toMatchObject({ code: 'REDIS_CLOSED' });
    await expect(gone.open('gone/trial', 'agent2')).rejects.toMatchObject({ code: 'REDIS_CLOSED' });
    await (one as Mailbox)[Symbol.asyncDispose]();
  });
});

async function commands(server: TestServer): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await server.admin.info('stats'))?.[1]);
}
