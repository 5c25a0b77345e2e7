import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { RedisBus } from './redis-bus.ts';
import {
  describeRedis,
  eventually,
  freePort,
  TestServer,
  temporaryFolder,
  texts,
} from './redis-server.test.support.ts';

async function startSentinel(primary: number): Promise<number> {
  const port = await freePort();
  const file = join(temporaryFolder(), 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor main 127.0.0.1 ${primary} 1`,
    'sentinel down-after-milliseconds main 1000',
    'sentinel failover-timeout main 5000',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const client = new Redis({ port, protocol: 2, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => {});
  await eventually(
    async () => JSON.stringify(await client.call('SENTINEL', 'REPLICAS', 'main')).includes('"slave"'),
    20_000,
  );
  client.disconnect();
  return port;
}

async function trio(): Promise<{ primary: TestServer; replica: TestServer; url: string }> {
  const primary = await TestServer.start('--repl-diskless-sync-delay', '0');
  const replica = await TestServer.start('--replicaof', '127.0.0.1', `${primary.port}`);
  await eventually(
    async () => (await replica.admin.info('replication')).includes('master_link_status:up'),
    20_000,
  );
  const sentinel = await startSentinel(primary.port);
  return { primary, replica, url: `redis-sentinel://127.0.0.1:${sentinel}?master=main` };
}

async function offset(server: TestServer): Promise<string | undefined> {
  return /(?:master|slave)_repl_offset:(\d+)/.exec(await server.admin.info('replication'))?.[1];
}

describeRedis('a failover behind Sentinel', () => {
  test.for(['SIGKILL', 'SIGSTOP'] as const)(
    'of a primary that got %s: all arrives once',
    { timeout: 60_000 },
    async (signal) => {
      const { primary, replica, url } = await trio();
      await using bus = new RedisBus({ url });
      await bus.preflight();
      await using one = await bus.open('run/trial', 'agent1');
      await using two = await bus.open('run/trial', 'agent2');
      await one.send('agent2', 'accepted before');
      // A replica that lags behind by more than the half second a send waits for it loses the message with the primary.
      await eventually(async () => (await offset(primary)) === (await offset(replica)), 20_000);
      primary.signal(signal);
      const started = Date.now();
      await one.send('agent2', 'sent meanwhile');
      console.info(`failover after ${signal}: the sender waited ${Date.now() - started} ms`);
      expect(texts(await two.drain())).toEqual(['accepted before', 'sent meanwhile']);
      expect(await replica.admin.info('replication')).toContain('role:master');
      const waiting = two.receive({ waitMs: 20_000 });
      await one.send('agent2', 'afterwards');
      expect(texts(await waiting)).toEqual(['afterwards']);
    },
  );
});
