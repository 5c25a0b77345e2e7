import { expect, test } from 'vitest';
import { type WatchEvent, watchRun } from './index.ts';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, TestServer } from './redis-server.test.support.ts';

const brief = (event: WatchEvent): string =>
  event.type === 'message'
    ? `${event.trial} ${event.from}>${event.to} ${event.text} (${event.takers})`
    : [
        event.type,
        'trial' in event && event.trial,
        'seat' in event && event.seat,
        'phase' in event && event.phase,
      ]
        .filter(Boolean)
        .join(' ');

describeRedis('watching a run', () => {
  test('from another connection: what was, then what comes, to the end', async () => {
    const server = await TestServer.start();
    const bus = new RedisBus({ url: server.url });
    const one = await bus.open('mine/coop/a', 'agent1');
    await one.send('agent1', 'early');

    const records: string[] = [];
    const watching = (async () => {
      for await (const event of watchRun(server.url, 'mine')) {
        records.push(brief(event));
        if (event.type === 'ended') return;
      }
    })();
    await expect.poll(() => server.hasWaitingReader()).toBe(true);
    const two = await bus.open('mine/coop/b', 'agent2');
    const other = await bus.open('other/coop/a', 'agent1');
    await other.send('agent1', 'not ours');
    await two.send('all', 'to nobody');
    await bus.beginPhase('mine/coop/b', 'review');
    await two.send('agent2', 'late');
    await two[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    await watching;
    expect(records).toEqual([
      'seat_opened coop/a agent1',
      'coop/a agent1>agent1 early (agent1)',
      'seat_opened coop/b agent2',
      'phase_started coop/b review',
      'coop/b agent2>agent2 late (agent2)',
      'seat_closed coop/b agent2',
      'ended',
    ]);
    await expect.poll(() => server.connections()).toBe(0);
  });

  test('continues over a restart, until the signal aborts', async () => {
    const server = await TestServer.start('--appendonly', 'yes', '--appendfsync', 'always');
    await using bus = new RedisBus({ url: server.url });
    await using one = await bus.open('mine/coop/a', 'agent1');
    const controller = new AbortController();
    const records: string[] = [];
    const watching = (async () => {
      for await (const event of watchRun(server.url, 'mine', { signal: controller.signal })) {
        records.push(brief(event));
        if (records.length === 3) controller.abort(new Error('enough'));
      }
    })();
    const outcome = expect(watching).rejects.toThrow('enough');
    await one.send('agent1', 'before');
    await expect.poll(() => server.hasWaitingReader()).toBe(true);
    await server.kill();
    await server.start();
    await one.send('agent1', 'after');
    await outcome;
    expect(records.slice(1)).toEqual([
      'coop/a agent1>agent1 before (agent1)',
      'coop/a agent1>agent1 after (agent1)',
    ]);
  });

  test('stops when the signal aborts while it waits', async () => {
    const server = await TestServer.start();
    const controller = new AbortController();
    const pending = watchRun(server.url, 'nothing', { signal: controller.signal }).next();
    const stopped = expect(pending).rejects.toThrow('enough');
    await expect.poll(() => server.hasWaitingReader()).toBe(true);
    controller.abort(new Error('enough'));
    await stopped;
  });

  test('says that Redis cannot be reached', async () => {
    const server = await TestServer.start();
    await server.kill();
    await expect(watchRun(server.url, 'nothing').next()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
  });
});
