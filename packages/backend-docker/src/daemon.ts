import type { Connection } from './connection/connect.ts';
import { Images } from './images/images.ts';
import { makeNetwork, type Network } from './network.ts';
import type { DockerOptions } from './options.ts';
import type { ContainerEvents } from './sandbox/container-events.ts';
import { type ContainerSettings, containerSettings } from './sandbox/container-settings.ts';

/** The daemon of a backend, and the resources that the backend creates there before its first sandbox. */
export interface Daemon extends Connection {
  readonly images: Images;
  readonly events: ContainerEvents;
  readonly settings: ContainerSettings;
  /** Undefined: sandboxes have no network. */
  readonly network: Network | undefined;
  /** Restrictions of this daemon, for the user. */
  readonly notices: readonly string[];
}

/** Checks the daemon and creates the network of the sandboxes. @throws errors of the API; ConfigError. */
export async function openDaemon(
  { docker, endpoint }: Connection,
  events: ContainerEvents,
  options: DockerOptions,
): Promise<Daemon> {
  const info = (await docker.info()) as DaemonInfo;
  const network = options.network === 'none' ? undefined : await makeNetwork(docker);
  return {
    docker,
    endpoint,
    events,
    images: new Images({ docker, endpoint }, options),
    settings: containerSettings(options, network?.name ?? 'none', info.NCPU),
    network,
    notices: [...missingLimits(info), ...sharedNetwork(network)],
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

function sharedNetwork(network: Network | undefined): string[] {
  if (network === undefined || network.isolated) return [];
  return ['This Docker daemon cannot isolate sandboxes on the network. Use network "none" where it matters.'];
}
