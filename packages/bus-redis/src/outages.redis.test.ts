import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Mailbox } from '@cooperbench/core';
import { expect, onTestFinished, test } from 'vitest';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, TestServer, texts } from './redis-server.test.support.ts';

const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

async function pair(url: string, outageMs?: number): Promise<{ one: Mailbox; two: Mailbox; bus: RedisBus }> {
  const bus = new RedisBus({ url, ...(outageMs !== undefined && { outageMs }) });
  onTestFinished(() => bus[Symbol.asyncDispose]());
  await bus.preflight();
  return { bus, one: await bus.open('run/trial', 'agent1'), two: await bus.open('run/trial', 'agent2') };
}

describeRedis('a Redis that goes away in the middle of a run', () => {
  test.for(['SIGTERM', 'SIGKILL'] as const)('restarts after %s with what it accepted', async (signal) => {
    const server = await TestServer.start(...durable);
    const { one, two } = await pair(server.url);
    await one.send('agent2', 'read before');
    expect(texts(await two.drain())).toEqual(['read before']);
    await one.send('agent2', 'accepted before');
    await server.kill(signal);
    const sending = one.send('agent2', 'sent meanwhile');
    const draining = two.drain();
    await delay(500);
    await server.start();
    expect(await sending).toMatchObject([{ to: 'agent2', accepted: true }]);
    const first = texts(await draining);
    expect([...first, ...texts(await two.drain())]).toEqual(['accepted before', 'sent meanwhile']);
    const waiting = two.receive({ waitMs: 10_000 });
    await one.send('agent2', 'afterwards');
    expect(texts(await waiting)).toEqual(['afterwards']);
  });

  test('a flood of messages over repeated kills: all arrive, once, in order', async () => {
    const server = await TestServer.start(...durable);
    const { one, two } = await pair(server.url);
    const count = 400;
    const sending = (async () => {
      for (let n = 0; n < count; n += 1) await one.send('agent2', `m${n}`);
    })();
    const killing = (async () => {
      for (let n = 0; n < 4; n += 1) {
        await delay(60);
        await server.kill();
        await server.start();
      }
    })();
    const got: string[] = [];
    while (got.length < count) got.push(...texts(await two.receive({ waitMs: 10_000 })));
    await Promise.all([sending, killing]);
    expect(await two.drain()).toEqual([]);
    expect(got).toEqual(Array.from({ length: count }, (_, n) => `m${n}`));
  });

  test.for(['CLIENT PAUSE', 'SIGSTOP'])('pauses for 10 s (%s): senders and readers wait', async (how) => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url);
    await one.send('agent2', 'before');
    if (how === 'SIGSTOP') server.signal('SIGSTOP');
    else await server.admin.client('PAUSE', 10_000);
    const started = Date.now();
    const sending = one.send('agent2', 'meanwhile');
    const reading = two.receive({ waitMs: 20_000 });
    if (how === 'SIGSTOP') setTimeout(() => server.signal('SIGCONT'), 10_000);
    const got = texts(await reading);
    expect(await sending).toMatchObject([{ accepted: true }]);
    expect(Date.now() - started).toBeGreaterThan(9000);
    while (got.length < 2) got.push(...texts(await two.receive({ waitMs: 5000 })));
    expect([...got, ...texts(await two.drain())]).toEqual(['before', 'meanwhile']);
  });

  test('stays away: senders and readers give up in the end, and an abort is heard meanwhile', async () => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url, 1500);
    await server.kill();
    const signal = AbortSignal.timeout(200);
    await expect(two.receive({ waitMs: 60_000, signal })).rejects.toThrow(/timeout/);
    const expected = {
      name: 'CooperBenchError',
      code: 'REDIS_UNAVAILABLE',
      message: expect.stringMatching(
        /did not answer for 2 s \(.+\)\. Whether it holds the last request is unknown\.$/,
      ),
    };
    await Promise.all([
      expect(one.send('agent2', 'hello')).rejects.toMatchObject(expected),
      expect(two.drain()).rejects.toMatchObject(expected),
      expect(two.receive({ waitMs: 60_000 })).rejects.toMatchObject(expected),
    ]);
    await two[Symbol.asyncDispose]();
  });

  test('comes back empty: what was lost is told to its reader once, and the run goes on', async () => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url);
    await one.send('agent2', 'read before');
    await two.drain();
    const [lost] = await one.send('all', 'lost');
    const waiting = one.receive({ waitMs: 15_000 });
    await server.kill();
    await server.start();
    expect(await one.send('agent2', 'after')).toMatchObject([{ accepted: true }]);
    await expect(two.receive({ waitMs: 10_000 })).rejects.toMatchObject({
      code: 'REDIS_LOST',
      message: `${server.url}/0 lost 1 accepted message to agent2: ${lost?.id}`,
    });
    expect(texts(await two.drain())).toEqual(['after']);
    expect(await two.drain()).toEqual([]);
    await two.send('agent1', 'answer');
    expect(texts(await waiting)).toEqual(['answer']);
    expect(await two.send('agent9', 'hello')).toMatchObject([{ reason: 'unknown' }]);
    const log = JSON.stringify(await server.admin.xrange('cooperbench:run:run', '-', '+'));
    expect(log).toContain('"lost"');
    expect(log).toContain(lost?.id);
  });

  test('a waiting reader learns of the loss without another message', async () => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url);
    const controller = new AbortController();
    const idle = two.receive({ waitMs: 15_000, signal: controller.signal });
    await delay(100);
    server.signal('SIGSTOP');
    controller.abort(new Error('stop'));
    await expect(idle).rejects.toThrow('stop');
    server.signal('SIGCONT');
    await one.send('agent2', 'lost');
    await server.kill();
    const waiting = two.receive({ waitMs: 15_000 });
    await server.start();
    await expect(waiting).rejects.toMatchObject({ code: 'REDIS_LOST' });
  });

  test('a bell that nobody heard rings again', async () => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url);
    for (let n = 0; n < 5; n += 1) {
      const waiting = two.receive({ waitMs: 15_000 });
      await delay(50);
      const started = Date.now();
      expect(await server.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(1);
      await one.send('agent2', `m${n}`);
      expect(texts(await waiting)).toEqual([`m${n}`]);
      expect(Date.now() - started).toBeLessThan(5000);
    }
  });

  test('an answer that is lost does not send twice, nor lose what was read', async () => {
    const server = await TestServer.start();
    const proxy = await lossyProxy(server.port);
    const { one, two } = await pair(`redis://127.0.0.1:${proxy.port}`);
    for (let n = 0; n < 20; n += 1) {
      proxy.loseNextAnswer();
      expect(await one.send('agent2', `m${n}`)).toMatchObject([{ to: 'agent2', accepted: true }]);
      proxy.loseNextAnswer();
      expect(texts(await two.drain())).toEqual([`m${n}`]);
    }
    expect(proxy.lost).toBe(40);
    expect(await two.drain()).toEqual([]);
  });
});

/** Passes requests on, and cuts the connection in place of an answer when told so. */
async function lossyProxy(target: number): Promise<{ port: number; lost: number; loseNextAnswer(): void }> {
  let lose = false;
  const loseNextAnswer = (): void => {
    lose = true;
  };
  const state = { port: 0, lost: 0, loseNextAnswer };
  const server = createServer((inner) => {
    const outer = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.on('data', (data) => {
        if (from === inner || !lose || data.toString().startsWith('*3\r\n$7\r\nmessage'))
          return void to.write(data);
        lose = false;
        state.lost += 1;
        inner.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  state.port = (server.address() as { port: number }).port;
  return state;
}
