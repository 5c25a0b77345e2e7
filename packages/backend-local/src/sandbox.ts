import { existsSync } from 'node:fs';
import {
  type Cancellable,
  type ExecOptions,
  type Sandbox,
  SandboxError,
  type SandboxOrigin,
  type SandboxProcess,
} from '@cooperbench/core';
import { filesOverExec } from '@cooperbench/core/backend';
import type { Confinement } from './confinement.ts';
import { DirectFiles } from './direct-files.ts';
import type { Layout } from './layout.ts';
import type { Pipes } from './pipes.ts';
import { Processes } from './processes.ts';
import { removeTree } from './remove-tree.ts';
import { killMarked } from './survivors.ts';

export interface SandboxParts {
  readonly id: string;
  readonly layout: Layout;
  readonly origin: SandboxOrigin;
  readonly confinement: Confinement;
  readonly pipes: Pipes;
  readonly onGone: () => void;
}

/** A sandbox on this machine: a folder, and processes confined to it. */
export class LocalSandbox implements Sandbox {
  readonly id: string;
  readonly origin: SandboxOrigin;
  readonly repoDir: string;
  readonly patchesDir: string;
  readonly #parts: SandboxParts;
  readonly #processes: Processes;
  readonly #files: ReturnType<typeof filesOverExec>;
  readonly #direct: DirectFiles;
  #execs = 0;
  #gone: Promise<void> | undefined;

  constructor(parts: SandboxParts) {
    this.#parts = parts;
    this.#processes = new Processes(parts.pipes);
    this.id = parts.id;
    this.origin = parts.origin;
    this.repoDir = parts.confinement.repoDir;
    this.patchesDir = parts.confinement.patchesDir;
    this.#files = filesOverExec(this);
    this.#direct = new DirectFiles(parts.confinement.shared);
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<SandboxProcess> {
    options.signal?.throwIfAborted();
    this.#mustBeThere();
    if (argv.length === 0) throw new SandboxError('SANDBOX_EXEC', 'There is no command to start.');
    const marker = `${this.id}#${this.#execs++}#`;
    const launch = this.#parts.confinement.launch({ argv, cwd: options.cwd, env: options.env ?? {}, marker });
    const process = await this.#processes.start(launch, marker, options);
    if (this.#gone !== undefined) await process.kill();
    this.#mustBeThere();
    return process;
  }

  async readFile(path: string, options: Cancellable = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    this.#mustBeThere();
    return (await this.#direct.read(path)) ?? this.#files.readFile(path, options);
  }

  async writeFile(path: string, content: string | Uint8Array, options: Cancellable = {}): Promise<void> {
    options.signal?.throwIfAborted();
    this.#mustBeThere();
    if (!(await this.#direct.write(path, content))) await this.#files.writeFile(path, content, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#gone ??= this.#leave();
    return this.#gone;
  }

  async #leave(): Promise<void> {
    await this.#processes.endAll();
    if (this.#parts.confinement.escapable) await killMarked(`${this.id}#`);
    await removeTree(this.#parts.layout.root);
    this.#parts.onGone();
  }

  #mustBeThere(): void {
    if (this.#gone === undefined && existsSync(this.#parts.layout.root)) return;
    throw new SandboxError('SANDBOX_LOST', `The sandbox ${this.id} is gone.`);
  }
}
