import type { Workspace } from '@cooperbench/core';
import { hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { openTunnel } from './open-tunnel.ts';
import { checkTunnelsOver } from './tunnel.test.support.ts';

// The others, and all under bubblewrap, are in tunnel.system.test.ts.
checkTunnelsOver('node');

test('a sandbox without a program that can forward is refused', async () => {
  await using workspace = await hostSandbox();
  const bare: Workspace = {
    ...workspace,
    exec: (argv, options) => workspace.exec(argv, { ...options, env: { PATH: '/no/such/folder' } }),
  };
  await expect(openTunnel(bare)).rejects.toMatchObject({
    name: 'SandboxError',
    code: 'TUNNEL_START',
    message: 'The tunnel into the sandbox did not start: the sandbox has no program that can forward.',
  });
});
