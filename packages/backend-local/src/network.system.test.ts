import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect } from 'vitest';
import { LocalBackend } from './local-backend.ts';
import { bubblewrapTest, sampleSpec, sampleTask, sh } from './sample-task.test.support.ts';

const taskDir = sampleTask();

async function answerWith(network: boolean): Promise<string> {
  const server = createServer((socket) => socket.end('reached'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const backend = new LocalBackend({ isolation: 'bubblewrap', network });
  try {
    const sandbox = await backend.create(sampleSpec(taskDir));
    const connect = `require('net').connect(${port}, '127.0.0.1').on('error', (e) => console.log(e.code)).pipe(process.stdout)`;
    return await sh(sandbox, `node -e "${connect}"`);
  } finally {
    await backend[Symbol.asyncDispose]();
    server.close();
  }
}

bubblewrapTest('there is no network', async () => {
  expect(await answerWith(false)).toBe('ECONNREFUSED\n');
});

bubblewrapTest('there is the host’s network when asked for', async () => {
  expect(await answerWith(true)).toBe('reached');
});
