import { busContract } from '@cooperbench/testing';
import { afterAll, beforeAll, test } from 'vitest';
import { RedisBus } from './redis-bus.ts';
import { describeRedis, TestServer } from './redis-server.test.support.ts';

describeRedis('the bus contract', () => {
  let bus: RedisBus;
  beforeAll(async () => {
    const server = await TestServer.start();
    bus = new RedisBus({ url: server.url });
    await bus.preflight();
  });
  afterAll(() => bus[Symbol.asyncDispose]());

  test.for(busContract)('$name', ({ check }) => check(bus));
});
