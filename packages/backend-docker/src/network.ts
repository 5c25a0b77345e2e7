import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { statusOf } from './connection/faults.ts';
import { ownerLabels } from './labels.ts';

/** A network of one backend's sandboxes. */
export interface Network {
  readonly name: string;
  /** Its members cannot reach each other. */
  readonly isolated: boolean;
  remove(): Promise<void>;
}

/**
 * On Docker's own bridge every sandbox reaches every other, past the messages that the benchmark counts. A kernel that
 * cannot filter bridges has no other.
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

/** Harmless when it is gone. */
export async function removeNetwork(network: Docker.Network): Promise<void> {
  await network.remove().catch((error: unknown) => {
    if (statusOf(error) !== 404) throw error;
  });
}
