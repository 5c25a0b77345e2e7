import { rmSync } from 'node:fs';
import local from '@cooperbench/backend-local';
import type { Sandbox } from '@cooperbench/core';
import { shellTask } from '@cooperbench/testing';
import { checkTunnel, forwarders, tunnelCases } from '@cooperbench/testing/frameworks';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { checkTunnelsOver } from './tunnel.test.support.ts';

const dataset = shellTask();
const stack = new AsyncDisposableStack();
afterAll(async () => {
  await stack.disposeAsync();
  rmSync(dataset, { recursive: true });
});

/** Every exec has a network and processes of its own. */
describe.for(forwarders)('a tunnel over %s under bubblewrap', (forwarder) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const backend = await local().backends?.local?.create({ isolation: 'bubblewrap' });
    if (backend === undefined) throw new Error('there is no backend "local"');
    stack.defer(async () => backend[Symbol.asyncDispose]?.());
    sandbox = await backend.create({
      name: 'tunnel',
      labels: { run: 'test' },
      image: 'none',
      taskDir: `${dataset}/shell_task/task1`,
      untrusted: false,
      lifetimeMs: 3_600_000,
    });
    stack.use(sandbox);
  });
  test.for(tunnelCases)('$name', (tunnelCase) => checkTunnel(tunnelCase, sandbox, forwarder));
});

// On this machine itself; `tunnel.test.ts` has node, which every machine has.
checkTunnelsOver('python3');
checkTunnelsOver('perl');
