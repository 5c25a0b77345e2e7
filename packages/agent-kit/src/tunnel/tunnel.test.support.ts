import type { Sandbox } from '@cooperbench/core';
import { hostSandbox } from '@cooperbench/testing';
import { checkTunnel, tunnelCases } from '@cooperbench/testing/frameworks';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Forwarder } from './index.ts';

/** Declares the cases over one forwarder, on this machine. */
export function checkTunnelsOver(forwarder: Forwarder): void {
  describe(`a tunnel over ${forwarder}`, () => {
    let workspace: Sandbox;
    beforeAll(async () => {
      workspace = await hostSandbox();
    });
    afterAll(() => workspace[Symbol.asyncDispose]());
    test.for(tunnelCases)('$name', (tunnelCase) => checkTunnel(tunnelCase, workspace, forwarder));
  });
}
