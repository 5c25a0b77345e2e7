import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { splitTrial } from './layout.ts';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, eventually, TestServer } from './redis-server.test.support.ts';

describe('trial names', () => {
  test('begin with the run', () => {
    expect(splitTrial('my-run/coop/repo_task/1/f1_f2')).toEqual({
      run: 'my-run',
      trial: 'coop/repo_task/1/f1_f2',
    });
    expect(splitTrial('alone')).toEqual({ run: 'alone', trial: '' });
  });
});

describeRedis('the key layout', () => {
  test('is as docs/decisions/2026-11-21-redis-layout.md says', async () => {
    const server = await TestServer.start();
    await using bus = new RedisBus({ url: server.url });
    await using one = await bus.open('my-run/coop/repo/1/f1_f2', 'agent1');
    await using _two = await bus.open('my-run/coop/repo/1/f1_f2', 'agent2');
    const [receipt] = await one.send('agent2', 'hello');

    const keys = (await server.admin.keys('*')).sort();
    const attempt = /#([0-9a-f]{12}\.1):/.exec(keys[1] ?? '')?.[1];
    const trial = `cooperbench:trial:my-run/coop/repo/1/f1_f2#${attempt}`;
    expect(keys).toEqual(['cooperbench:run:my-run', `${trial}:messages`, `${trial}:seats`]);

    expect(await server.admin.hgetall(`${trial}:seats`)).toEqual({
      version: '2',
      'seat:agent1': 'opened',
      'seat:agent2': 'opened',
      'last:agent1': expect.stringContaining(`"id":"${receipt?.id}"`),
    });
    const [[entry, message] = ['', []]] = await server.admin.xrange(`${trial}:messages`, '-', '+');
    expect(message).toEqual(
      ['id', receipt?.id, 'from', 'agent1', 'to', 'agent2', 'text', 'hello'].concat(
        ['sentAt', expect.stringMatching(/^\d+\.?\d*$/)],
        ['takers', '["agent2"]'],
      ),
    );
    const place = ['trial', 'coop/repo/1/f1_f2', 'attempt', attempt];
    expect(
      (await server.admin.xrange('cooperbench:run:my-run', '-', '+')).map(([, fields]) => fields),
    ).toEqual([
      ['type', 'seat_opened', ...place, 'seat', 'agent1'],
      ['type', 'seat_opened', ...place, 'seat', 'agent2'],
      ['type', 'message', ...place, 'entry', entry],
    ]);
    expect(await server.admin.pubsub('CHANNELS', '*')).toEqual([
      `cooperbench:bell:${attempt?.split('.')[0]}`,
    ]);
    for (const key of keys) {
      const ttl = await server.admin.pttl(key);
      expect(ttl).toBeGreaterThan(23.9 * 3_600_000);
      expect(ttl).toBeLessThanOrEqual(24 * 3_600_000);
    }
  });

  test('nothing expires while the run lives, everything after its end', async () => {
    const server = await TestServer.start();
    const bus = new RedisBus({ url: server.url, ttlHours: 1 / 3600 });
    await bus.preflight();
    const finished = await bus.open('my-run/finished', 'agent1');
    await finished.send('agent1', 'hello');
    await finished[Symbol.asyncDispose]();
    const one = await bus.open('my-run/quiet', 'agent1');
    await delay(2500);
    expect(await server.admin.keys('*')).toHaveLength(4);
    expect(await server.admin.xlen('cooperbench:run:my-run')).toBe(4);
    await one[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    expect(await server.admin.exists('cooperbench:run:my-run')).toBe(1);
    await eventually(async () => (await server.admin.dbsize()) === 0, 3000);
  });
});
