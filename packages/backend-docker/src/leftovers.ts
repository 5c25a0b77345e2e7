import { removeLeftovers } from '@cooperbench/backend-kit';
import type { CleanOptions } from '@cooperbench/core';
import type Docker from 'dockerode';
import { ownerLabel } from './labels.ts';
import { removeContainer } from './sandbox/remove.ts';

/** The names of containers that hold the network of a sandbox. */
const isNetworkOf = /-network-[0-9a-f]{8}$/;

/** Removes the containers of dead owners. Resolves with their names. */
export async function cleanDocker(docker: Docker, options: CleanOptions = {}): Promise<string[]> {
  const filters = { label: [ownerLabel] };
  const containers = await docker.listContainers({ all: true, filters });
  // Podman refuses to remove a container whose network another one uses.
  const groups = Map.groupBy(containers, ({ Names: [name = ''] }) => isNetworkOf.test(name));
  return removeLeftovers(
    [...(groups.get(false) ?? []), ...(groups.get(true) ?? [])].map(
      ({ Id: id, Names: names, Labels: labels, Created: seconds }) => {
        const name = names[0]?.slice(1) ?? id;
        return {
          name,
          owner: labels[ownerLabel],
          madeAtMs: seconds * 1000,
          remove: () => removeContainer({ api: docker.getContainer(id), name }),
        };
      },
    ),
    options,
  );
}
