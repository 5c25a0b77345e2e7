import { SandboxError } from '@cooperbench/core';
import { statusOf } from '../connection/faults.ts';
import { root } from './container-settings.ts';
import type { Guest } from './guest.ts';
import { quietRun } from './quiet-run.ts';

/** The folder for patches, which belongs to who runs commands. Most images have it, so it is looked for once an image and made where it is missing. */
export class PatchesFolder {
  readonly path: string;
  readonly #inImage = new Map<string, Promise<boolean>>();

  constructor(path: string) {
    this.path = path;
  }

  async ensure(guest: Guest, image: string): Promise<void> {
    if (guest.user === root && (await this.#isIn(image, guest))) return;
    const script = 'mkdir -p -- "$1" && chown -- "$2" "$1"';
    const argv = ['/bin/sh', '-c', script, 'sh', this.path, guest.user];
    const { exitCode, output } = await quietRun(guest, argv);
    if (exitCode === 0) return;
    throw new SandboxError(
      'SANDBOX_CREATE',
      `${this.path} could not be made in ${guest.name}: ${output.trim()}`,
    );
  }

  #isIn(image: string, guest: Guest): Promise<boolean> {
    const known = this.#inImage.get(image) ?? this.#look(guest);
    if (!this.#inImage.has(image)) {
      this.#inImage.set(image, known);
      known.catch(() => this.#inImage.delete(image));
    }
    return known;
  }

  async #look({ container }: Guest): Promise<boolean> {
    try {
      // An answer that nobody reads keeps its connection open, and the process with it.
      (await container.infoArchive({ path: this.path })).resume();
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }
}
