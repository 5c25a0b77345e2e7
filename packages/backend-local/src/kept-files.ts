import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '@cooperbench/core';
import { copyTree } from './copy-tree.ts';

/** The directories of a sandbox that are kept. */
const keptFolders = ['workspace', 'home', 'tmp'] as const;

/** Copies of sandboxes' files, each for the later sandboxes of a task. They go with the backend. */
export class KeptFiles {
  readonly #folders = new Map<string, string>();
  #count = 0;

  has(taskDir: string, key: string): boolean {
    return this.#folders.has(nameOf(taskDir, key));
  }

  /** Copies the files of the sandbox in `root` to a new folder in `parent`. */
  async add(taskDir: string, key: string, root: string, parent: string): Promise<void> {
    this.#count += 1;
    const folder = join(parent, String(this.#count));
    try {
      // The sandbox's own directory gets this mode, too.
      await mkdir(folder, { mode: 0o700 });
      for (const name of keptFolders) {
        await mkdir(join(folder, name));
        await copyTree(join(root, name), join(folder, name));
      }
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    this.#folders.set(nameOf(taskDir, key), folder);
  }

  /** Copies kept files to the sandbox in `root`, and gives them to its user. @throws SandboxError `SANDBOX_KEPT`. */
  async copyTo(root: string, taskDir: string, key: string, userId: number | undefined): Promise<void> {
    const folder = this.#folders.get(nameOf(taskDir, key));
    if (folder === undefined)
      throw new SandboxError('SANDBOX_KEPT', `Nothing is kept for ${taskDir} under ${key}.`);
    const folders = keptFolders.map((name) => join(root, name));
    await copyTree(folder, root, userId, folders);
  }
}

function nameOf(taskDir: string, key: string): string {
  return JSON.stringify([taskDir, key]);
}
