import { freeBytes, type HostRoom } from '@cooperbench/backend-kit';
import type { SandboxSpec } from '@cooperbench/core';
import type Docker from 'dockerode';
import type { Endpoint } from '../connection/endpoint.ts';
import { buildSandboxLabels } from '../labels.ts';

/**
 * Returns the disk that containers share, when the daemon is on this machine. Docker itself says what a container has written,
 * so no code in it has a part in that. Returns undefined if the disk cannot be seen from here.
 */
export async function hostDisk(
  { docker, endpoint, dataRoot }: { docker: Docker; endpoint: Endpoint; dataRoot: string },
  spec: Pick<SandboxSpec, 'labels'>,
): Promise<HostRoom | undefined> {
  if (!endpoint.host.startsWith('unix://')) return undefined;
  const freeBefore = await freeBytes(dataRoot).catch(() => undefined);
  if (freeBefore === undefined) return undefined;
  return {
    ...{ folder: dataRoot, freeBefore, isOurs: false },
    async written() {
      const { seat: _, ...ofTrial } = spec.labels;
      const label = Object.entries(buildSandboxLabels({ labels: ofTrial })).map((pair) => pair.join('='));
      const containers = await docker.listContainers({ size: true, filters: { label } });
      return containers.reduce((sum, container) => sum + ((container as { SizeRw?: number }).SizeRw ?? 0), 0);
    },
  };
}
