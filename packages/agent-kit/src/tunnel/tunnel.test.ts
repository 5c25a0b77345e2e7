import type { Sandbox, Workspace } from '@cooperbench/core';
import { hostSandbox } from '@cooperbench/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTunnel } from './open-tunnel.ts';
import { checkTunnel, forwarders, tunnelCases } from './tunnel-cases.test.support.ts';

describe.for(forwarders)('a tunnel over %s', (forwarder) => {
  let workspace: Sandbox;
  beforeAll(async () => {
    workspace = await hostSandbox();
  });
  afterAll(() => workspace[Symbol.asyncDispose]());
  test.for(tunnelCases)('$name', (one) => checkTunnel(one, workspace, forwarder));
});

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
