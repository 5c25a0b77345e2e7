import type { Connection } from './connection/connect.ts';
import { Images } from './images/images.ts';
import { Networks } from './network/sandbox-network.ts';
import type { DockerOptions } from './options.ts';
import type { ContainerEvents } from './sandbox/container-events.ts';
import type { DaemonMachine } from './sandbox/container-settings.ts';

/** The daemon of a backend, and what the backend's sandboxes share there. */
export interface Daemon extends Connection {
  readonly images: Images;
  readonly events: ContainerEvents;
  readonly networks: Networks;
  readonly machine: DaemonMachine;
  /** Where the daemon keeps containers, on its own machine. */
  readonly dataRoot: string;
  /** It is Podman, which reports no id of a process that has ended. */
  readonly isPodman: boolean;
  /** Restrictions of this daemon, for the user. */
  readonly notices: readonly string[];
}

/** Asks the daemon what it can do. Creates nothing. @throws errors of the API; ConfigError. */
export async function openDaemon(
  { docker, endpoint }: Connection,
  events: ContainerEvents,
  options: DockerOptions,
): Promise<Daemon> {
  const info = (await docker.info()) as DaemonInfo;
  const networks = new Networks({ docker, endpoint }, podmanNames[info.Architecture] ?? info.Architecture);
  const isPodman = info.BuildahVersion !== undefined;
  return {
    docker,
    endpoint,
    events,
    networks,
    images: new Images({ docker, endpoint, networks, isPodman }, options),
    machine: { cpus: info.NCPU, memoryMiB: Math.floor(info.MemTotal / 1024 / 1024) },
    dataRoot: info.DockerRootDir,
    isPodman,
    notices: listMissingLimits(info),
  };
}

/** Docker's names of processor architectures, by Podman's. */
const podmanNames: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

interface DaemonInfo {
  readonly NCPU: number;
  /** Bytes. */
  readonly MemTotal: number;
  readonly DockerRootDir: string;
  /** For example, `x86_64`. */
  readonly Architecture: string;
  /** Only of Podman. */
  readonly BuildahVersion?: string;
  readonly MemoryLimit?: boolean;
  readonly PidsLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
}

function listMissingLimits({ MemoryLimit, PidsLimit, CpuCfsQuota }: DaemonInfo): string[] {
  const limits = { memory: MemoryLimit, processes: PidsLimit, processors: CpuCfsQuota };
  const missing = Object.entries(limits).flatMap(([name, isSupported]) =>
    isSupported === false ? [name] : [],
  );
  if (missing.length === 0) return [];
  return [`This Docker daemon cannot limit ${missing.join(', ')}: a sandbox may use all there is.`];
}
