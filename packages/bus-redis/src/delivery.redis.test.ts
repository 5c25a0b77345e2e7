import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, TestServer, texts } from './redis-server.test.support.ts';

describeRedis('delivery', () => {
  let server: TestServer;
  let bus: RedisBus;
  beforeAll(async () => {
    server = await TestServer.start();
    bus = new RedisBus({ url: server.url });
  });
  afterAll(() => bus[Symbol.asyncDispose]());

  test('a message is in the stream of its run before anybody receives it', async () => {
    await using one = await bus.open('my-run/coop/repo/1/f1_f2', 'agent1');
    await using two = await bus.open('my-run/coop/repo/1/f1_f2', 'agent2');
    const pending = two.receive({ waitMs: 60_000 });
    const [receipt] = await one.send('agent2', 'hello');
    await one.send('agent9', 'nobody takes this');
    expect(texts(await pending)).toEqual(['hello']);

    const trial = 'coop/repo/1/f1_f2';
    const id = expect.any(String);
    expect(await server.entries('cooperbench:run:my-run')).toEqual([
      { type: 'seat_opened', trial, id, seat: 'agent1' },
      { type: 'seat_opened', trial, id, seat: 'agent2' },
      {
        type: 'message',
        ...{ trial, id: receipt?.id, from: 'agent1', to: 'agent2', text: 'hello' },
        ...{ sentAt: expect.stringMatching(/^\d+\.?\d*$/), takers: '["agent2"]' },
      },
    ]);
  });

  test('reading asks the server for nothing', async () => {
    await using one = await bus.open('quiet/trial', 'agent1');
    const before = await commands(server);
    expect(await one.receive({ waitMs: 100 })).toEqual([]);
    expect(await one.drain()).toEqual([]);
    // This test's own INFO.
    expect((await commands(server)) - before).toBe(1);
  });

  test('1,000 trials at once share one connection', async () => {
    const trials = Array.from({ length: 1000 }, (_, n) => `many/coop/repo/1/f${n}`);
    const seats = await Promise.all(
      trials.map((trial) => Promise.all([bus.open(trial, 'agent1'), bus.open(trial, 'agent2')])),
    );
    const received = seats.map(([, two]) => two.receive({ waitMs: 60_000 }));
    await Promise.all(seats.map(([one], n) => one.send('agent2', `to ${n}`)));
    for (const [n, messages] of (await Promise.all(received)).entries())
      expect(texts(messages)).toEqual([`to ${n}`]);
    expect(await server.connections()).toBe(1);
    await Promise.all(seats.flat().map((seat) => seat[Symbol.asyncDispose]()));
  });

  test('two runs of one name do not hear each other', async () => {
    await using other = new RedisBus({ url: server.url });
    await using one = await bus.open('twice/trial', 'agent1');
    await using two = await other.open('twice/trial', 'agent2');
    expect(await one.send('agent2', 'hello')).toMatchObject([{ reason: 'unknown' }]);
    expect(await two.drain()).toEqual([]);
  });

  test('a disposed bus rejects every call', async () => {
    const redisBus = new RedisBus({ url: server.url });
    const one = await redisBus.open('gone/trial', 'agent1');
    const pending = expect(one.receive({ waitMs: 60_000 })).rejects.toMatchObject({ code: 'REDIS_CLOSED' });
    await redisBus[Symbol.asyncDispose]();
    await pending;
    await expect(one.send('agent1', 'hello')).rejects.toMatchObject({ code: 'REDIS_CLOSED' });
    await expect(redisBus.open('gone/trial', 'agent2')).rejects.toMatchObject({ code: 'REDIS_CLOSED' });
    await one[Symbol.asyncDispose]();
  });
});

describeRedis("a run's stream", () => {
  test('begins with the prefix, and expires after the run', async () => {
    const server = await TestServer.start();
    const bus = new RedisBus({ url: server.url, keyPrefix: 'mine:', ttlHours: 2 / 3600 });
    await bus.preflight();
    await using _one = await bus.open('run/trial', 'agent1');
    // While the run lives, the bus renews the expiry: a longer one that somebody sets does not last.
    await server.admin.pexpire('mine:run:run', 3_600_000);
    await expect.poll(() => server.admin.pttl('mine:run:run')).toBeLessThanOrEqual(2000);
    await bus[Symbol.asyncDispose]();
    await expect.poll(() => server.admin.dbsize()).toBe(0);
  });
});

async function commands(server: TestServer): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await server.admin.info('stats'))?.[1]);
}
