import { readFileSync } from 'node:fs';
import { runCommand } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { hostSandbox } from './host-sandbox.ts';

test('with it ends a process that has its own session', async () => {
  const workspace = await hostSandbox();
  const script = `const { spawn } = require('node:child_process');
    const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    child.unref();
    console.log(child.pid);`;
  const pid = Number((await runCommand(workspace, [process.execPath, '-e', script])).stdout);
  const command = (): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  };
  await expect.poll(command).toContain('sleep');
  await workspace[Symbol.asyncDispose]();
  await expect.poll(command).toBe('');
});
