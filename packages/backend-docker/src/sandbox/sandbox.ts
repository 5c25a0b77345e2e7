import {
  type Cancellable,
  type ExecOptions,
  type Sandbox,
  SandboxError,
  type SandboxOrigin,
  type SandboxProcess,
} from '@cooperbench/core';
import { filesOverExec } from '@cooperbench/core/backend';
import { type Guest, guestFault } from './guest.ts';
import { MemoryWatch } from './memory.ts';
import { ContainerProcess } from './process.ts';
import { removeContainer } from './remove.ts';
import { type Launch, startExec } from './start.ts';

export interface SandboxParts {
  readonly guest: Guest;
  readonly origin: SandboxOrigin;
  readonly repoDir: string;
  readonly patchesDir: string;
  readonly onGone: () => void;
}

/** A sandbox that is a container. */
export class DockerSandbox implements Sandbox {
  readonly id: string;
  readonly origin: SandboxOrigin;
  readonly repoDir: string;
  readonly patchesDir: string;
  readonly #guest: Guest;
  readonly #memory: MemoryWatch;
  readonly #files: ReturnType<typeof filesOverExec> = filesOverExec(this);
  readonly #onGone: () => void;
  #gone: Promise<void> | undefined;

  constructor({ guest, origin, repoDir, patchesDir, onGone }: SandboxParts) {
    this.id = guest.name;
    this.origin = origin;
    this.repoDir = repoDir;
    this.patchesDir = patchesDir;
    this.#guest = guest;
    this.#memory = new MemoryWatch(guest);
    this.#onGone = onGone;
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<SandboxProcess> {
    const { cwd = this.repoDir, env = {}, signal } = options;
    signal?.throwIfAborted();
    if (argv.length === 0) throw new SandboxError('SANDBOX_EXEC', 'There is no command to start.');
    this.#mustBeThere();
    return this.#start({ argv, cwd, env, user: this.#guest.user }, signal);
  }

  readFile(path: string, options: Cancellable = {}): Promise<Uint8Array> {
    return this.#files.readFile(path, options);
  }

  writeFile(path: string, content: string | Uint8Array, options: Cancellable = {}): Promise<void> {
    return this.#files.writeFile(path, content, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#gone ??= this.#remove();
    return this.#gone;
  }

  async #remove(): Promise<void> {
    try {
      await removeContainer(this.#guest);
    } catch (error) {
      // Whoever disposes of it, or of its backend, again tries again.
      this.#gone = undefined;
      throw error;
    }
    this.#onGone();
  }

  async #start(launch: Launch, signal: AbortSignal | undefined): Promise<SandboxProcess> {
    try {
      const started = await startExec(this.#guest, launch, signal);
      return new ContainerProcess(this.#guest, this.#memory, started, signal);
    } catch (error) {
      signal?.throwIfAborted();
      this.#mustBeThere();
      throw await guestFault(this.#guest, error, `Could not start ${launch.argv[0]}`);
    }
  }

  #mustBeThere(): void {
    if (this.#gone === undefined) return;
    throw new SandboxError('SANDBOX_LOST', `The sandbox ${this.id} is gone.`);
  }
}
