import { sandboxCapabilities, sandboxEntrypoint } from '@cooperbench/backend-kit';
import type Docker from 'dockerode';
import type { LocalImage } from '../images/images.ts';
import type { DockerOptions } from '../options.ts';

/** The settings of all containers of a backend, with defaults applied. */
export interface ContainerSettings {
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly pids: number;
  readonly platform: string | undefined;
}

export const defaultLimits = { memoryMiB: 8192, cpus: 2, pids: 2048 } as const;

/** Applies the defaults. `daemonCpus` limits the default of `cpus`, because Docker refuses more than it has. */
export function containerSettings(options: DockerOptions, daemonCpus: number): ContainerSettings {
  return {
    memoryMiB: options.memoryMiB ?? defaultLimits.memoryMiB,
    cpus: options.cpus ?? Math.min(defaultLimits.cpus, daemonCpus),
    pids: options.pids ?? defaultLimits.pids,
    platform: options.platform,
  };
}

/** The user that runs commands unless an image or an option names another. */
export const root = '0';

/**
 * Describes a container whose first process only reaps. Nothing of its image runs by itself. `network` is Docker's
 * network mode.
 */
export function containerOptions(
  { id, user: imageUser }: Pick<LocalImage, 'id' | 'user'>,
  labels: Readonly<Record<string, string>>,
  settings: ContainerSettings,
  network: string,
): Docker.ContainerCreateOptions {
  const memory = settings.memoryMiB * 1024 * 1024;
  return {
    Image: id,
    Labels: { ...labels },
    Entrypoint: [...sandboxEntrypoint],
    Cmd: [],
    WorkingDir: '/',
    Healthcheck: { Test: ['NONE'] },
    // Commands set their own user. If the container had another user, Docker would give root in it no capabilities. `exec.ts`
    // says why it is not always named.
    User: imageUser === '' ? '' : root,
    ...(settings.platform === undefined ? {} : { platform: settings.platform }),
    HostConfig: {
      Init: false,
      NetworkMode: network,
      IpcMode: 'private',
      CapDrop: ['ALL'],
      CapAdd: [...sandboxCapabilities],
      SecurityOpt: ['no-new-privileges'],
      Memory: memory,
      MemorySwap: memory,
      NanoCpus: Math.round(settings.cpus * 1e9),
      PidsLimit: settings.pids,
      LogConfig: { Type: 'none', Config: {} },
    },
  };
}
