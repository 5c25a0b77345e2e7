import { type CleanOptions, isLeftover, readOwner } from '@cooperbench/core';
import type Docker from 'dockerode';
import { statusOf } from './connection/faults.ts';
import { ownerLabel } from './labels.ts';
import { removeNetwork } from './network.ts';
import { removeContainer } from './sandbox/remove.ts';

type Labels = Readonly<Record<string, string>> | undefined;

/** Removes what nobody uses any more, as the options say; resolves with the names. */
export async function removeLeftovers(docker: Docker, options: CleanOptions = {}): Promise<string[]> {
  const removed: string[] = [];
  const filters = { label: [ownerLabel] };
  const left = (labels: Labels, madeAtMs: number): boolean => {
    const owner = readOwner(labels?.[ownerLabel]);
    return owner !== undefined && isLeftover(owner, madeAtMs, options);
  };
  for (const { Id: id, Names: names, Labels: labels, Created: seconds } of await docker.listContainers({
    all: true,
    filters,
  })) {
    if (!left(labels, seconds * 1000)) continue;
    options.signal?.throwIfAborted();
    const name = names[0]?.slice(1) ?? id;
    await removeContainer({ container: docker.getContainer(id), name });
    removed.push(name);
  }
  for (const { Id: id, Name: name, Labels: labels, Created: date } of await docker.listNetworks({
    filters,
  })) {
    if (!left(labels, Date.parse(date))) continue;
    options.signal?.throwIfAborted();
    if (await removeUnused(docker.getNetwork(id))) removed.push(name);
  }
  return removed;
}

/** An old network with young containers is a live run's, somewhere. */
async function removeUnused(network: Docker.Network): Promise<boolean> {
  try {
    await removeNetwork(network);
    return true;
  } catch (error) {
    if (statusOf(error) !== 403) throw error;
    return false;
  }
}
