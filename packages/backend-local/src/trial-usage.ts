import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freeBytes, type HostRoom } from '@cooperbench/backend-kit';
import { childEnvironment, type SandboxSpec } from '@cooperbench/core';

/** How long the size of a folder may take to find out. */
const measureMs = 60_000;

/** The folders of the open sandboxes of a backend, by trial: what they take of the disk that all share. */
export class TrialUsages {
  readonly #trials = new Map<string, Set<string>>();

  /** Call it before code of an agent runs. `template`: the folder of which `folder` holds a copy. */
  async begin(folder: string, template: string, { labels }: Pick<SandboxSpec, 'labels'>): Promise<HostRoom> {
    const trial = JSON.stringify([labels.run, labels.trial]);
    const folders = this.#trials.get(trial) ?? new Set();
    this.#trials.set(trial, folders.add(folder));
    return {
      folder,
      freeBefore: await freeBytes(folder),
      isOurs: true,
      async written() {
        const [before = 0, ...after] = await Promise.all([template, ...folders].map(sizeOf));
        const base = Number.isFinite(before) ? before : 0;
        return after.reduce((sum, bytes) => sum + Math.max(0, bytes - base), 0);
      },
    };
  }

  end(folder: string): void {
    for (const [trial, folders] of this.#trials)
      if (folders.delete(folder) && folders.size === 0) this.#trials.delete(trial);
  }
}

/** Bytes on the disk. Endless when they cannot be counted in time, which takes very many files. */
async function sizeOf(folder: string): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('du', ['-sk', '--', folder], {
      ...{ cwd: '/', env: childEnvironment(), timeout: measureMs },
    });
    return Number.parseInt(stdout, 10) * 1024;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
