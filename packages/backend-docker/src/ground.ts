import type Docker from 'dockerode';
import { connect } from './connection/connect.ts';
import { type Endpoint, findEndpoint } from './connection/endpoint.ts';
import { Images } from './images/images.ts';
import { makeNetwork, type Network } from './network.ts';
import type { DockerOptions } from './options.ts';
import { type ContainerSettings, containerSettings } from './sandbox/container-settings.ts';

/** What a backend learns and makes once, before its first sandbox. */
export interface Ground {
  readonly docker: Docker;
  readonly endpoint: Endpoint;
  readonly images: Images;
  readonly settings: ContainerSettings;
  /** Absent: sandboxes have none. */
  readonly network: Network | undefined;
  /** What this daemon cannot do. */
  readonly notices: readonly string[];
}

/** @throws the API's errors, and ConfigErrors. */
export async function layGround(options: DockerOptions, signal: AbortSignal): Promise<Ground> {
  const endpoint = findEndpoint(options);
  const docker = connect(endpoint);
  const info = (await docker.info()) as DaemonInfo;
  const network = options.network === 'none' ? undefined : await makeNetwork(docker);
  return {
    docker,
    endpoint,
    images: new Images({ docker, endpoint, signal }, options),
    settings: containerSettings(options, network?.name ?? 'none', info.NCPU),
    network,
    notices: [...missingLimits(info), ...together(network)],
  };
}

interface DaemonInfo {
  readonly NCPU: number;
  readonly MemoryLimit?: boolean;
  readonly PidsLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
}

function missingLimits({ MemoryLimit, PidsLimit, CpuCfsQuota }: DaemonInfo): string[] {
  const limits = { memory: MemoryLimit, processes: PidsLimit, processors: CpuCfsQuota };
  const missing = Object.entries(limits).flatMap(([name, works]) => (works === false ? [name] : []));
  if (missing.length === 0) return [];
  return [`This Docker daemon cannot limit ${missing.join(', ')}: a sandbox may use all there is.`];
}

function together(network: Network | undefined): string[] {
  if (network === undefined || network.apart) return [];
  return [
    'This Docker daemon cannot keep sandboxes apart on the network; use network "none" where it matters.',
  ];
}
