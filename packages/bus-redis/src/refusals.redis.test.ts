import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { RedisBusOptions } from './options.ts';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, freePort, TestServer } from './redis-server.test.support.ts';

async function refusal(options: RedisBusOptions): Promise<{ name: string; code: string; message: string }> {
  await using bus = new RedisBus(options);
  const error: unknown = await bus.preflight().then(
    () => new Error('it was not refused'),
    (raised: unknown) => raised,
  );
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
  return error as never;
}

/** Returns a server that answers every request with the next of these. */
async function fakeServer(answer: (request: string) => string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(answer(data.toString())));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return `redis://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describeRedis('what a run refuses to start with', () => {
  test('an address where nothing listens', async () => {
    const port = await freePort();
    const error = await refusal({ url: `redis://bench:hunter2@127.0.0.1:${port}/1` });
    expect(error).toMatchObject({
      name: 'ConfigError',
      code: 'REDIS_UNREACHABLE',
      message: `Redis cannot be reached at redis://127.0.0.1:${port}/1: ECONNREFUSED`,
      hint: 'Start it, correct --redis or REDIS_URL, or leave them out: messages then go through memory.',
    });
    expect(await refusal({ url: 'unix:///nowhere/redis.sock' })).toMatchObject({
      message: 'Redis cannot be reached at unix:///nowhere/redis.sock (database 0): ENOENT',
    });
    expect(await refusal({ url: 'redis://no-such-host.invalid' })).toMatchObject({
      code: 'REDIS_UNREACHABLE',
    });
  });

  test('a server that never answers', async () => {
    const url = await fakeServer(() => '');
    const error = await refusal({ url, connectTimeoutMs: 200 });
    expect(error).toMatchObject({
      code: 'REDIS_UNREACHABLE',
      message: expect.stringContaining('no answer within 200 ms'),
    });
  });

  test('an abort ends the wait for a server that says nothing', async () => {
    await using bus = new RedisBus({ url: await fakeServer(() => '') });
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    await expect(bus.preflight({ signal: controller.signal })).rejects.toBe(reason);
  });

  test('a wrong password, a missing one, and one too many', async () => {
    const server = await TestServer.start('--requirepass', 'right');
    const invalid = await refusal({ url: `redis://:hunter2@127.0.0.1:${server.port}` });
    expect(invalid).toMatchObject({
      name: 'ConfigError',
      code: 'REDIS_AUTH',
      message: `redis://127.0.0.1:${server.port}/0 refused: WRONGPASS invalid username-password pair or user is disabled.`,
    });
    expect(await refusal({ url: server.url })).toMatchObject({ code: 'REDIS_AUTH' });
    expect(await refusal({ url: `redis://nobody:hunter2@127.0.0.1:${server.port}` })).toMatchObject({
      code: 'REDIS_AUTH',
    });
  });

  test('an account without the rights', async () => {
    const server = await TestServer.start('--user', 'bench', 'on', '>hunter2', '~other:*', '+@all');
    const url = `redis://bench:hunter2@127.0.0.1:${server.port}`;
    expect(await refusal({ url })).toMatchObject({ name: 'ConfigError', code: 'REDIS_PERMISSION' });
  });

  test('a database that is not there, rather than database 0', async () => {
    const server = await TestServer.start('--databases', '2');
    expect(await refusal({ url: `${server.url}/7` })).toMatchObject({
      code: 'REDIS_URL',
      message: `${server.url}/7 refused: ERR DB index is out of range`,
    });
  });

  test('full memory', async () => {
    const full = await TestServer.start('--maxmemory', '1mb');
    await full.admin.config('SET', 'maxmemory', '1kb');
    expect(await refusal({ url: full.url, connectTimeoutMs: 2000 })).toMatchObject({
      name: 'ConfigError',
      code: 'REDIS_MEMORY',
    });
  });

  test('a read-only replica', async () => {
    const primary = await TestServer.start();
    const replica = await TestServer.start('--replicaof', '127.0.0.1', `${primary.port}`);
    expect(await refusal({ url: replica.url, connectTimeoutMs: 2000 })).toMatchObject({
      name: 'ConfigError',
      code: 'REDIS_READONLY',
      message: expect.stringContaining(`${replica.url}/0 refused: READONLY`),
    });
  });

  test('a cluster', async () => {
    const server = await TestServer.start('--cluster-enabled', 'yes');
    expect(await refusal({ url: server.url })).toMatchObject({ code: 'REDIS_CLUSTER' });
  });

  test('something other than a stream at the key of the run', async () => {
    const server = await TestServer.start();
    await server.admin.set('cooperbench:run:mine', 'a string');
    await using bus = new RedisBus({ url: server.url });
    await bus.preflight();
    await expect(bus.open('mine/trial', 'agent1')).rejects.toMatchObject({
      code: 'REDIS_KEY_TYPE',
      message: `${server.url}/0 holds something other than a stream at cooperbench:run:mine.`,
    });
    expect(await server.admin.get('cooperbench:run:mine')).toBe('a string');
  });
});

describeRedis('preflight', () => {
  test('changes nothing on the server', async () => {
    const server = await TestServer.start();
    await using bus = new RedisBus({ url: server.url });
    expect(await bus.preflight()).toEqual([]);
    expect(await server.admin.dbsize()).toBe(0);
    expect(await server.admin.info('persistence')).toContain('rdb_changes_since_last_save:0\r\n');
  });
});

describeRedis('what a run warns about', () => {
  test('a server that removes keys when its memory is full', async () => {
    const server = await TestServer.start('--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru');
    await using bus = new RedisBus({ url: server.url });
    expect(await bus.preflight()).toEqual([
      `${server.url}/0 removes keys when its memory is full (allkeys-lru). A trial whose messages it removes fails with REDIS_LOST.`,
    ]);
  });
});
