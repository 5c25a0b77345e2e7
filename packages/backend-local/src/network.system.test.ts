import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect } from 'vitest';
import { LocalBackend } from './local-backend.ts';
import type { LocalOptions } from './options.ts';
import { bubblewrapTest, sampleSpec, sampleTask, sh } from './sample-task.test.support.ts';

const taskDir = sampleTask();

/** Returns what a sandbox, or a setup script that leaves it in a file, gets from a server on the host's loopback. */
async function answerWith(options: LocalOptions, inSetup = false): Promise<string> {
  const server = createServer((socket) => socket.end('reached'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const backend = new LocalBackend({ isolation: 'bubblewrap', ...options });
  try {
    const connect = `node -e "require('net').connect(${port}, '127.0.0.1').on('error', (e) => console.log(e.code)).pipe(process.stdout)"`;
    const commit =
      'git init -q && git add -A && git -c user.name=a -c user.email=a@localhost commit -qm base';
    const task = inSetup ? sampleTask(`mkdir "$1" && cd "$1" && ${connect} >answer && ${commit}`) : taskDir;
    const sandbox = await backend.create(sampleSpec(task));
    return await sh(sandbox, inSetup ? 'cat answer' : connect);
  } finally {
    await backend[Symbol.asyncDispose]();
    server.close();
  }
}

bubblewrapTest('there is no network', async () => {
  expect(await answerWith({})).toBe('ECONNREFUSED\n');
});

bubblewrapTest('there is the host’s network when asked for', async () => {
  expect(await answerWith({ network: true })).toBe('reached');
});

bubblewrapTest('a setup script has no network, and the host’s when asked for', async () => {
  expect(await answerWith({ network: true }, true)).toBe('ECONNREFUSED\n');
  expect(await answerWith({ setupNetwork: true }, true)).toBe('reached');
});

bubblewrapTest('a run learns what sandboxes get', async () => {
  const networks = async (options: LocalOptions): Promise<readonly string[]> => {
    await using backend = new LocalBackend(options);
    return [await backend.resolveNetwork('open'), await backend.resolveNetwork('none')];
  };
  expect(await networks({ isolation: 'bubblewrap' })).toEqual(['none', 'none']);
  expect(await networks({ isolation: 'bubblewrap', network: true })).toEqual(['host', 'none']);
  expect(await networks({ isolation: 'none' })).toEqual(['host', 'host']);
});
