import { runCommand, type Sandbox } from '@cooperbench/core';
import { LocalBackend } from './local-backend.ts';

/** As many processes as the kernel lets it have, which then wait. */
const bomb = `
import os
made = 0
while True:
    try:
        if os.fork() == 0: os.kill(os.getpid(), 19)
        made += 1
    except BlockingIOError: break
print(1800 < made < 2048)
`;

/** Runs a bomb in one sandbox of a task, while another prints a word. Sends what both print. */
async function explode(taskDir: string): Promise<string[]> {
  const spec = { taskDir, image: 'none', labels: {}, untrusted: false, lifetimeMs: 600_000 };
  await using backend = new LocalBackend({ isolation: 'bubblewrap' });
  await using sandbox = await backend.create({ ...spec, name: 'one' });
  await using two = await backend.create({ ...spec, name: 'two' });
  await sandbox.writeFile('/tmp/bomb.py', bomb);
  const print = async (sandbox: Sandbox, ...argv: string[]): Promise<string> => {
    const { stdout, stderr } = await runCommand(sandbox, argv);
    return `${stdout}${stderr}`;
  };
  return [await print(sandbox, 'python3', '/tmp/bomb.py'), await print(two, 'echo', 'well')];
}

const [, , taskDir = ''] = process.argv;
process.send?.(await explode(taskDir).catch((error: unknown) => [String(error)]));
process.disconnect();
