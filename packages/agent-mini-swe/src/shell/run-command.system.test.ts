import { hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { findShell, runShellCommand } from './run-command.ts';

test('uses bash where there is one', async () => {
  await using workspace = await hostSandbox();
  const signal = AbortSignal.timeout(25_000);
  const { exitCode } = await runShellCommand(workspace, '[[ -n $BASH_VERSION ]]', {
    shell: await findShell(workspace, signal),
    ...{ timeoutMs: 20_000, outputBytes: 1000, env: {}, signal },
  });
  expect(exitCode).toBe(0);
});
