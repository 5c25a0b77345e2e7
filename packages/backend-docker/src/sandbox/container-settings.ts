import {
  type SandboxNeeds,
  sandboxCapabilities,
  sandboxEntrypoint,
  sandboxResources,
} from '@cooperbench/backend-kit';
import type Docker from 'dockerode';
import type { DockerOptions } from '../options.ts';

/** The settings of a container, with defaults applied. */
export interface ContainerSettings {
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly pids: number;
  readonly platform: string | undefined;
}

export const defaultLimits = { memoryMiB: 8192, cpus: 2, pids: 2048 } as const;

/** The resources of the daemon's machine. */
export interface DaemonMachine {
  readonly cpus: number;
  readonly memoryMiB: number;
}

/** Applies the options, the defaults and what the sandbox needs. @throws the errors of `sandboxResources`. */
export function buildContainerSettings(
  options: DockerOptions,
  machine: DaemonMachine,
  needs: SandboxNeeds,
): ContainerSettings {
  return {
    ...sandboxResources(needs, {
      cpus: {
        ...{ option: options.cpus, optionName: 'docker.cpus', most: machine.cpus },
        // Docker refuses more than it has.
        default: Math.min(defaultLimits.cpus, machine.cpus),
      },
      memoryMiB: {
        ...{ option: options.memoryMiB, optionName: 'docker.memoryMiB', most: machine.memoryMiB },
        default: defaultLimits.memoryMiB,
      },
    }),
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
export function buildContainerOptions(
  { id, user: imageUser }: { readonly id: string; readonly user: string },
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
