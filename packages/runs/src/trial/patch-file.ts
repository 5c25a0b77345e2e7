import { createReadStream, readFileSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { getMessage } from '@cooperbench/core';
import { PatchCounter, type PatchFacts } from '@cooperbench/records';

/** Maximum bytes of a patch. Core rejects a larger patch completely. */
export const maxPatchBytes: number = 100 * 1024 * 1024;

/** The host could not keep or read a patch, which no agent can cause. */
export class HostFileError extends Error {
  constructor(cause: unknown) {
    super(getMessage(cause), { cause });
  }
}

/** A patch on its way from a sandbox to its file, so that large patches of many seats take no memory. */
export class PatchFile {
  readonly #path: string;
  readonly #counter = new PatchCounter();
  #file: FileHandle | undefined;
  #failure: unknown;
  isTooLarge = false;

  /** `path`: on the file system of the final file. */
  constructor(path: string) {
    this.#path = path;
  }

  get facts(): PatchFacts {
    return this.#counter.facts;
  }

  /** Never rejects, because a full disk of the host is not the seat's doing: `moveTo` does. */
  async add(bytes: Uint8Array): Promise<void> {
    this.isTooLarge ||= this.#counter.bytes + bytes.length > maxPatchBytes;
    if (this.isTooLarge || this.#failure !== undefined) return;
    try {
      this.#file ??= await open(this.#path, 'wx');
      await this.#file.writeFile(bytes);
      this.#counter.add(bytes);
    } catch (error) {
      this.#failure = error;
    }
  }

  /** Waits until the disk has it. */
  async close(): Promise<void> {
    try {
      await this.#file?.sync();
      await this.#file?.close();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  /** Its bytes, while it is in its first place. @throws HostFileError, also for failures since its beginning. */
  read(): Uint8Array {
    this.throwFailure();
    try {
      return this.#file === undefined ? new Uint8Array() : readFileSync(this.#path);
    } catch (error) {
      throw new HostFileError(error);
    }
  }

  /** Its bytes in pieces. @throws HostFileError, also for failures since its beginning. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    this.throwFailure();
    try {
      if (this.#file !== undefined) yield* createReadStream(this.#path);
    } catch (error) {
      throw new HostFileError(error);
    }
  }

  /** @throws HostFileError for failures since its beginning. */
  throwFailure(): void {
    if (this.#failure !== undefined) throw new HostFileError(this.#failure);
  }

  /** @throws errors of the file system since its beginning. */
  async moveTo(path: string): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#file === undefined) await (await open(path, 'wx')).close();
    else await rename(this.#path, path);
  }
}
