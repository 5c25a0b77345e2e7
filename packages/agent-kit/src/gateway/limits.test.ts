import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { type HostLimits, hostLimits } from '../limits.ts';
import type { Json } from './formats.ts';
import { chat, chatPath, post, reply, type Subject, subject } from './gateway.test.support.ts';

/** Sends what nobody should hold in memory, without holding it here. */
function flood({ url, gateway }: Subject, bytes: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${gateway.token}`, 'transfer-encoding': 'chunked' };
    const clientRequest = httpRequest(url + chatPath, { method: 'POST', headers });
    clientRequest
      .on('error', () => resolve(undefined))
      .on('response', (answer) => resolve(answer.resume().statusCode));
    const chunk = Buffer.alloc(1 << 20, 'x');
    let left = bytes;
    const write = (): void => {
      while (left > 0 && !clientRequest.destroyed) {
        left -= chunk.length;
        if (!clientRequest.write(chunk)) return void clientRequest.once('drain', write);
      }
      clientRequest.end();
    };
    write();
  });
}

const times = (count: number, one: () => Promise<unknown>): Promise<unknown> =>
  Promise.allSettled(Array.from({ length: count }, one));
const nested = (depth: number): Json => (depth === 0 ? 0 : [nested(depth - 1)]);

/** Passes each limit ten times. */
const attacks: readonly (readonly [
  keyof HostLimits,
  Partial<HostLimits>,
  (one: Subject) => Promise<unknown>,
])[] = [
  ['requestBytes', {}, (one) => flood(one, 10 * hostLimits.requestBytes)],
  [
    'requestBytesAtOnce',
    { requestBytes: 1 << 30 },
    (one) => times(10, () => flood(one, hostLimits.requestBytesAtOnce)),
  ],
  ['requests', { requests: 50 }, (one) => times(500, () => post(one, '/v1/files', {}))],
  ['jsonDepth', {}, (one) => post(one, chatPath, { messages: nested(10 * hostLimits.jsonDepth) })],
  ['jsonNodes', {}, (one) => post(one, chatPath, { messages: new Array(10 * hostLimits.jsonNodes).fill(0) })],
  ['answerBytes', { answerBytes: 1 << 20 }, async (one) => (await post(one, chatPath)).text()],
];

test.for(attacks)(
  'a seat that passes %s ends, and another does not notice',
  async ([limit, limits, attack]) => {
    const answers = limit === 'answerBytes' ? [{ ...reply, text: 'x'.repeat(10 << 20) }] : [reply];
    await using hostile = await subject(answers, { hostLimits: limits });
    await using other = await subject([reply]);
    const before = process.memoryUsage.rss();
    const attacking = attack(hostile).catch(() => {});
    expect((await post(other, chatPath)).status).toBe(200);
    await attacking;
    await expect.poll(() => hostile.guard.passed.aborted).toBe(true);
    const most = { ...hostLimits, ...limits }[limit];
    expect(hostile.guard.passed.reason.message).toMatch(
      new RegExp(`^The seat passed its limit "${limit}": at most ${most} .*\\.$`),
    );
    expect(other.guard.passed.aborted).toBe(false);
    expect((await post(other, chatPath)).status).toBe(200);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 << 20);
  },
);

test('bytes of requests that are answered count no more', async () => {
  await using one = await subject([reply], { hostLimits: { requestBytesAtOnce: 100_000 } });
  const body = { messages: [{ role: 'user', content: 'x'.repeat(60_000) }] };
  for (let n = 0; n < 5; n += 1) expect((await post(one, chatPath, body)).status).toBe(200);
  expect((await post(one, chatPath, chat)).status).toBe(200);
});

test('a request that waits for its answer is in memory as bytes once', async () => {
  setFlagsFromString('--expose_gc');
  const collect: () => void = runInNewContext('gc');
  let received = 0;
  const provider = createServer((request) => {
    request.on('data', (bytes) => {
      received += bytes.length;
    });
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
  await using one = await subject([], { baseUrl });
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(5 << 20) }] }));
  const headers = { authorization: `Bearer ${one.gateway.token}`, 'content-length': body.length };
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let n = 0; n < 3; n += 1)
    httpRequest(one.url + chatPath, { method: 'POST', headers, agent: false })
      .on('error', () => {})
      .end(body);
  await expect.poll(() => received).toBeGreaterThan(3 * body.length);
  const held = (): number => {
    collect();
    return process.memoryUsage().arrayBuffers - before;
  };
  await expect.poll(held).toBeLessThan(1.5 * 3 * body.length);
  provider.closeAllConnections();
  provider.close();
});

test('after a limit, the client gets an error and no further request is sent', async () => {
  await using one = await subject([reply], { hostLimits: { requestBytes: 100 } });
  expect((await post(one, chatPath, { messages: 'x'.repeat(200) })).status).toBe(413);
  expect((await post(one, chatPath)).status).toBe(413);
  expect(one.provider.requests).toEqual([]);
});
