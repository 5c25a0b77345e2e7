import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCommand } from '../sandbox/command.ts';
import { hostSandbox } from './host-sandbox.ts';

test('with it ends a process that has its own session', async () => {
  const workspace = await hostSandbox();
  const script = 'setsid sleep 1000 > /dev/null 2>&1 & echo $!';
  const pid = Number((await runCommand(workspace, ['sh', '-c', script])).stdout);
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
