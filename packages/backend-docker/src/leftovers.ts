import type { CleanOptions } from '@cooperbench/core';
import { removeLeftovers } from '@cooperbench/core/backend';
import type Docker from 'dockerode';
import { statusOf } from './connection/faults.ts';
import { ownerLabel } from './labels.ts';
import { removeNetwork } from './network.ts';
import { removeContainer } from './sandbox/remove.ts';

/** Removes the containers and networks of dead owners. Resolves with their names. */
export async function cleanDocker(docker: Docker, options: CleanOptions = {}): Promise<string[]> {
  const filters = { label: [ownerLabel] };
  const containers = await docker.listContainers({ all: true, filters });
  const removed = await removeLeftovers(
    containers.map(({ Id: id, Names: names, Labels: labels, Created: seconds }) => {
      const name = names[0]?.slice(1) ?? id;
      return {
        name,
        owner: labels[ownerLabel],
        madeAtMs: seconds * 1000,
        remove: () => removeContainer({ api: docker.getContainer(id), name }),
      };
    }),
    options,
  );
  const networks = await docker.listNetworks({ filters });
  const without = await removeLeftovers(
    networks.map(({ Id: id, Name: name, Labels: labels, Created: date }) => ({
      name,
      owner: labels?.[ownerLabel],
      madeAtMs: Date.parse(date),
      remove: () => removeUnused(docker.getNetwork(id)),
    })),
    options,
  );
  return [...removed, ...without];
}

/** Removes a network unless it has containers, which means that a live run uses it. Resolves with whether it did. */
async function removeUnused(network: Docker.Network): Promise<boolean> {
  try {
    await removeNetwork(network);
    return true;
  } catch (error) {
    if (statusOf(error) !== 403) throw error;
    return false;
  }
}
