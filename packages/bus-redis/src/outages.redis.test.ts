import { connect, createServer } from 'node:net';
import type { Mailbox } from '@cooperbench/core';
import { expect, onTestFinished, test } from 'vitest';
import { watchRun } from './index.ts';
import type { RedisBusOptions } from './options.ts';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, TestServer, texts } from './redis-server.test.support.ts';

const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

async function pair(url: string, options: RedisBusOptions = {}): Promise<{ one: Mailbox; two: Mailbox }> {
  const bus = new RedisBus({ url, ...options });
  onTestFinished(() => bus[Symbol.asyncDispose]());
  await bus.preflight();
  return { one: await bus.open('run/trial', 'agent1'), two: await bus.open('run/trial', 'agent2') };
}

/** Returns the messages that the server holds, in order. */
async function recorded(server: TestServer): Promise<string[]> {
  const entries = await server.entries('cooperbench:run:run');
  return entries.flatMap(({ type, text }) => (type === 'message' ? [text ?? ''] : []));
}

/** Returns every call of these mailboxes rejects with this code. */
async function fails(mailboxes: readonly Mailbox[], code: string): Promise<void> {
  for (const mailbox of mailboxes) {
    await expect(mailbox.drain()).rejects.toMatchObject({ name: 'CooperBenchError', code });
    await expect(mailbox.receive({ waitMs: 60_000 })).rejects.toMatchObject({ code });
    await expect(mailbox.send('all', 'hello')).rejects.toMatchObject({ code });
  }
}

describeRedis('a Redis that goes away during a run', () => {
  test.for(['SIGTERM', 'SIGKILL'] as const)('restarts after %s: a send waits for it', async (signal) => {
    const server = await TestServer.start(...durable);
    const { one, two } = await pair(server.url);
    await one.send('agent2', 'before');
    await server.kill(signal);
    const delivery = one.send('agent2', 'meanwhile');
    expect(texts(await two.drain())).toEqual(['before']);
    await server.start();
    expect(await delivery).toMatchObject([{ to: 'agent2', accepted: true }]);
    await one.send('agent2', 'afterwards');
    expect(texts(await two.drain())).toEqual(['meanwhile', 'afterwards']);
    expect(await recorded(server)).toEqual(['before', 'meanwhile', 'afterwards']);
  });

  test('is killed repeatedly: every message arrives once, in order, and is recorded', async () => {
    const server = await TestServer.start(...durable);
    const { one, two } = await pair(server.url);
    const sent = Array.from({ length: 400 }, (_, n) => `m${n}`);
    for (const [n, text] of sent.entries()) {
      const delivery = one.send('agent2', text);
      if (n % 100 === 50) {
        await server.kill();
        await server.start();
      }
      await delivery;
    }
    expect(texts(await two.drain())).toEqual(sent);
    expect([...new Set(await recorded(server))]).toEqual(sent);
  });

  test.for(['CLIENT PAUSE', 'SIGSTOP'])('pauses (%s): a send waits, and reading continues', async (way) => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url);
    await one.send('agent2', 'before');
    if (way === 'SIGSTOP') server.signal('SIGSTOP');
    else await server.admin.call('CLIENT', 'PAUSE', 60_000, 'WRITE');
    const delivery = one.send('agent2', 'meanwhile');
    expect(texts(await two.receive({ waitMs: 60_000 }))).toEqual(['before']);
    expect(await two.receive({ waitMs: 200 })).toEqual([]);
    if (way === 'SIGSTOP') server.signal('SIGCONT');
    else await server.admin.client('UNPAUSE');
    expect(await delivery).toMatchObject([{ accepted: true }]);
    expect(texts(await two.drain())).toEqual(['meanwhile']);
  });

  test('stays away: the message is not delivered, and the trial fails', async () => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url, { outageMs: 500 });
    await server.kill();
    const pending = expect(two.receive({ waitMs: 60_000 })).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
    });
    await expect(one.send('agent2', 'hello')).rejects.toMatchObject({
      name: 'CooperBenchError',
      code: 'REDIS_UNAVAILABLE',
      message: expect.stringMatching(
        /did not answer for 1 s \(.+\)\. Whether it holds the last request is unknown\.$/,
      ),
    });
    await pending;
    await fails([one, two], 'REDIS_UNAVAILABLE');
  });

  test('stops answering without closing its connections: the message is not delivered, and the trial fails', async () => {
    const server = await TestServer.start();
    const { one } = await pair(server.url, { outageMs: 500 });
    server.signal('SIGSTOP');
    await expect(one.send('agent2', 'hello')).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
      message: expect.stringMatching(
        /did not answer for 1 s\. Whether it holds the last request is unknown\.$/,
      ),
    });
    server.signal('SIGCONT');
  });

  test('runs out of memory: a send waits for room', async () => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url);
    await server.admin.config('SET', 'maxmemory', '1kb');
    const delivery = one.send('agent2', 'hello');
    expect(await two.receive({ waitMs: 200 })).toEqual([]);
    await server.admin.config('SET', 'maxmemory', '0');
    expect(await delivery).toMatchObject([{ accepted: true }]);
    expect(texts(await two.drain())).toEqual(['hello']);
  });

  test('stays out of memory: the message is not delivered, and the trial fails', async () => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url, { outageMs: 300 });
    await server.admin.config('SET', 'maxmemory', '1kb');
    await expect(one.send('agent2', 'hello')).rejects.toMatchObject({
      code: 'REDIS_MEMORY',
      message: expect.stringContaining(`${server.url}/0 refused: OOM`),
    });
    await fails([one, two], 'REDIS_MEMORY');
    expect(await recorded(server)).toEqual([]);
  });

  test('comes back empty: every trial whose messages it held fails, and others continue', async () => {
    const server = await TestServer.start();
    const bus = new RedisBus({ url: server.url });
    onTestFinished(() => bus[Symbol.asyncDispose]());
    const [agent1, agent2] = [await bus.open('run/trial', 'agent1'), await bus.open('run/trial', 'agent2')];
    const [other, peer] = [await bus.open('run/other', 'agent1'), await bus.open('run/other', 'agent2')];
    await agent1.send('agent2', 'lost');
    const pending = expect(agent1.receive({ waitMs: 60_000 })).rejects.toMatchObject({
      code: 'REDIS_LOST',
      message: `${server.url}/0 lost messages of trial that it had accepted.`,
    });
    await server.kill();
    await server.start();
    await pending;
    await fails([agent1, agent2], 'REDIS_LOST');
    await other.send('agent2', 'hello');
    expect(texts(await peer.drain())).toEqual(['hello']);
    await expect
      .poll(() => server.entries('cooperbench:run:run'))
      .toContainEqual(expect.objectContaining({ type: 'lost', trial: 'trial' }));
  });

  test('loses its keys without a restart: the next message fails the trial', async () => {
    const server = await TestServer.start();
    const { one, two } = await pair(server.url);
    await one.send('agent2', 'lost');
    await server.admin.flushall();
    await expect(one.send('agent2', 'next')).rejects.toMatchObject({ code: 'REDIS_LOST' });
    await fails([one, two], 'REDIS_LOST');
  });

  test('loses an answer: the message is delivered once', async () => {
    const server = await TestServer.start();
    const proxy = await lossyProxy(server.port);
    const { one, two } = await pair(`redis://127.0.0.1:${proxy.port}`);
    for (let n = 0; n < 5; n += 1) {
      proxy.loseNextAnswer();
      expect(await one.send('agent2', `m${n}`)).toMatchObject([{ to: 'agent2', accepted: true }]);
    }
    expect(proxy.lost).toBe(5);
    expect(texts(await two.drain())).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
    expect(await recorded(server)).toHaveLength(10);
    const watched: string[] = [];
    for await (const event of watchRun(server.url, 'run')) {
      if (event.type === 'message') watched.push(event.text);
      if (watched.length === 5) break;
    }
    expect(watched).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
  });
});

/** Forwards requests. Cuts the connection in place of an answer when asked to. */
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
        if (from === inner || !lose) return void to.write(data);
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
