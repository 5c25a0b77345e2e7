import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { statusOf } from './connection/faults.ts';
import { ownerLabels } from './labels.ts';

/** The network of a backend's sandboxes. */
export interface Network {
  readonly name: string;
  /** Whether sandboxes cannot reach each other. */
  readonly isolated: boolean;
  remove(): Promise<void>;
}

/**
 * Creates a network whose members cannot reach each other. On Docker's own bridge, sandboxes could exchange messages that the
 * benchmark does not count. If the kernel cannot filter bridges, the network is not isolated.
 */
export async function makeNetwork(docker: Docker): Promise<Network> {
  const name = `cooperbench-${randomBytes(6).toString('hex')}`;
  const make = (isolated: boolean): Promise<Docker.Network> =>
    docker.createNetwork({
      Name: name,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: ownerLabels(),
      Options: { 'com.docker.network.bridge.enable_icc': String(!isolated) },
    });
  let isolated = true;
  const network = await make(true).catch((error: unknown) => {
    if (statusOf(error) === undefined) throw error;
    isolated = false;
    return make(false);
  });
  return { name, isolated, remove: () => removeNetwork(network) };
}

/** Removes a network. Harmless when it is gone. */
export async function removeNetwork(network: Docker.Network): Promise<void> {
  await network.remove().catch((error: unknown) => {
    if (statusOf(error) !== 404) throw error;
  });
}
