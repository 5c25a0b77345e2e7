import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { follow, WorkFailed } from './follow.ts';

const server = createServer();
afterEach(() => server.close());

/** Returns an answer of a daemon, from both ends. */
async function answer(): Promise<{ sent: ServerResponse; received: IncomingMessage }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = once(server, 'request');
  const response = once(get({ port: (server.address() as AddressInfo).port }), 'response');
  const [, sent] = (await request) as [IncomingMessage, ServerResponse];
  sent.write(`${JSON.stringify({ stream: 'Step 1/2\n' })}\n`);
  const [received] = (await response) as [IncomingMessage];
  return { sent, received };
}

test('a connection that ends early fails the work', async () => {
  const { sent, received } = await answer();
  const followed = follow(received);
  sent.destroy();
  await expect(followed).rejects.toThrow('aborted');
});

test('a connection that ends after the work has failed harms nothing', async () => {
  const { sent, received } = await answer();
  const closed = new Promise((resolve) => received.once('close', resolve));
  const followed = follow(received);
  sent.write(`${JSON.stringify({ error: 'no such file' })}\n`);
  await expect(followed).rejects.toThrow(new WorkFailed('Step 1/2\nno such file'));
  sent.destroy();
  await closed;
});
