import type { SandboxNetwork } from '@cooperbench/core';
import { createPublicDial, type Dial } from './dial.ts';
import { RegistryTunnel } from './registry-tunnel.ts';

export type { Dial } from './dial.ts';

/**
 * Creates the network of a sandbox that reaches package registries. `dial` connects to them; tests lead a registry's name
 * elsewhere.
 */
export function createRegistriesNetwork(dial: Dial = createPublicDial()): SandboxNetwork {
  return { connect: (workspace, options) => RegistryTunnel.open(workspace, dial, options) };
}
