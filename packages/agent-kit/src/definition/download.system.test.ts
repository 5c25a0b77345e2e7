import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '@cooperbench/core';
import { hostSandbox } from '@cooperbench/testing';
import { expect, onTestFinished, test } from 'vitest';
import { downloadScript } from './download.ts';

// node and wget may take ten minutes in all; perl gives up after a minute by itself.
test.for(['curl', 'python3', 'wget'])('%s gives up a server that sends nothing', async (program) => {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-download-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of [program, 'timeout']) symlinkSync(pathOf(name), join(folder, name));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  let connections = 0;
  server.on('connection', () => connections++);
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  await using sandbox = await hostSandbox();
  const quick = downloadScript
    .replace('--retry 3', '')
    .replaceAll('600 wget', '1 wget')
    .replaceAll(/60(?=[ )])/g, '1');
  const script = `${quick}
    PATH=${folder}; download http://127.0.0.1:${port}/file ${folder}/file`;
  const { exitCode } = await runCommand(sandbox, ['sh', '-c', script]);
  expect(exitCode).not.toBe(0);
  expect(connections).toBe(1);
});

function pathOf(name: string): string {
  // The shim of a version manager needs more of PATH.
  const [file, ...args] =
    name === 'python3' ? [name, '-c', 'import sys; print(sys.executable)'] : ['which', name];
  return execFileSync(file as string, args, { encoding: 'utf8' }).trim();
}
