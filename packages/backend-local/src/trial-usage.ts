import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freeBytes, type HostRoom } from '@cooperbench/backend-kit';
import { buildChildEnvironment, type SandboxError, type SandboxSpec } from '@cooperbench/core';
import { findLackOfProcesses, processRoom } from './host-processes.ts';

/** How long the size of a folder may take to find out. */
const measureMs = 60_000;

/** A trial's share of the host's processes and disk. */
export interface TrialUsage {
  readonly room: HostRoom;
  /** As `lackOfProcesses`, for the running commands of its sandboxes. */
  lackOfProcesses(): Promise<SandboxError | undefined>;
}

/** The open sandboxes of a backend, by trial, each with its folder and its processes. */
export class TrialUsages {
  readonly #trials = new Map<string, Map<string, ReadonlySet<number>>>();

  /** Call it before code of an agent runs. `template`: the folder of which `folder` holds a copy. */
  async begin(
    folder: string,
    template: string,
    { labels }: Pick<SandboxSpec, 'labels'>,
    running: ReadonlySet<number>,
  ): Promise<TrialUsage> {
    const trial = JSON.stringify([labels.run, labels.trial]);
    const sandboxes = this.#trials.get(trial) ?? new Map<string, ReadonlySet<number>>();
    this.#trials.set(trial, sandboxes.set(folder, running));
    const hostRoom: HostRoom = {
      folder,
      freeBefore: await freeBytes(folder),
      isOurs: true,
      async written() {
        const [templateBytes = 0, ...after] = await Promise.all(
          [template, ...sandboxes.keys()].map(measureSize),
        );
        const base = Number.isFinite(templateBytes) ? templateBytes : 0;
        return after.reduce((sum, bytes) => sum + Math.max(0, bytes - base), 0);
      },
    };
    const initialRoom = await processRoom();
    const listOwnProcesses = (): number[] => [...sandboxes.values()].flatMap((pids) => [...pids]);
    return { room: hostRoom, lackOfProcesses: () => findLackOfProcesses(initialRoom, listOwnProcesses()) };
  }

  end(folder: string): void {
    for (const [trial, sandboxes] of this.#trials)
      if (sandboxes.delete(folder) && sandboxes.size === 0) this.#trials.delete(trial);
  }
}

/** Bytes on the disk. Endless when they cannot be counted in time, which takes very many files. */
async function measureSize(folder: string): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('du', ['-sk', '--', folder], {
      ...{ cwd: '/', env: buildChildEnvironment(), timeout: measureMs },
    });
    return Number.parseInt(stdout, 10) * 1024;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
