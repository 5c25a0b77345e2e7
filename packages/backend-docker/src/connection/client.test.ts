import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { maxAnswerBytes } from '@cooperbench/core';
import { endlessServer } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Client } from './client.ts';
import { connect, disconnect } from './connect.ts';

let folder: string;
let sockets: Socket[];
let server: ReturnType<typeof createServer>;
let client: Client;
let accepted: PromiseWithResolvers<void>;

/** Returns a daemon that accepts and never answers. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooperbench-client-'));
  sockets = [];
  accepted = Promise.withResolvers();
  const host = join(folder, 'docker.sock');
  server = createServer((socket) => {
    sockets.push(socket);
    accepted.resolve();
  }).listen(host);
  await new Promise((resolve) => server.once('listening', resolve));
  client = connect({ host: `unix://${host}`, from: 'the test' });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
  disconnect(client);
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a call that is not answered ends', async () => {
  const end = expect(client.getContainer('x').inspect()).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'it did not answer within 30 s',
  });
  await accepted.promise;
  vi.advanceTimersByTime(30_000);
  await end;
});

test('a removal may take longer', async () => {
  const end = expect(client.getContainer('x').remove()).rejects.toThrow('it did not answer within 180 s');
  await accepted.promise;
  vi.advanceTimersByTime(180_000);
  await end;
});

test('a pull may take any time, until its signal aborts', async () => {
  const controller = new AbortController();
  const pull = client.createImage({}, { fromImage: 'x', abortSignal: controller.signal });
  const end = expect(pull).rejects.toMatchObject({ name: 'AbortError' });
  await accepted.promise;
  vi.advanceTimersByTime(24 * 3_600_000);
  controller.abort();
  await end;
});

test('giving up ends all calls, also those to come', async () => {
  // Not how long an answer may take: nobody waited for so long.
  const silent = { code: 'ETIMEDOUT', message: 'it does not answer' };
  const end = expect(client.ping()).rejects.toMatchObject(silent);
  await accepted.promise;
  client.giveUp();
  await end;
  await expect(client.info()).rejects.toMatchObject(silent);
});

test.for([200, 500])('an answer (HTTP %i) is read up to 64 MiB', async (status) => {
  vi.useRealTimers();
  await using server = await endlessServer({ status });
  const other = connect({ host: server.url, from: 'the test' });
  await expect(other.info()).rejects.toThrow('the answer is longer than 64 MiB');
  expect(server.sentBytes).toBeLessThan(maxAnswerBytes + (16 << 20));
  disconnect(other);
});
