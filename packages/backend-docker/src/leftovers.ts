import { removeLeftovers } from '@cooperbench/backend-kit';
import type { CleanOptions } from '@cooperbench/core';
import type Docker from 'dockerode';
import { ownerLabel } from './labels.ts';
import { removeContainer } from './sandbox/remove.ts';

/** Removes the containers of dead owners. Resolves with their names. */
export async function cleanDocker(docker: Docker, options: CleanOptions = {}): Promise<string[]> {
  const filters = { label: [ownerLabel] };
  const containers = await docker.listContainers({ all: true, filters });
  return removeLeftovers(
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
}
