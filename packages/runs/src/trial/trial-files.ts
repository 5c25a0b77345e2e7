import { existsSync, statSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { getTrialDir, keepAside, makeFolder, syncFolder, writeNew } from '@cooperbench/records';
import { AppendFile } from './append-file.ts';

/**
 * A trial's folder while it is being written. It is called `f1_f2.running` until `commit` renames it, so that an earlier
 * result stays until the new one is complete.
 */
export class TrialFiles implements AsyncDisposable {
  readonly directory: string;
  readonly events: AppendFile;
  readonly #staging: string;
  readonly #scratch: string;
  /** By name. */
  readonly #appended = new Map<string, AppendFile>();

  private constructor(directory: string, staging: string, scratch: string) {
    this.directory = directory;
    this.#staging = staging;
    this.#scratch = scratch;
    this.events = new AppendFile(join(staging, 'events.jsonl'));
  }

  static async create(runDir: string, trial: string): Promise<TrialFiles> {
    const directory = getTrialDir(runDir, trial);
    const folders = [`${directory}.running`, `${directory}.scratch.running`] as const;
    for (const folder of folders) {
      await rm(folder, { recursive: true, force: true });
      await makeFolder(folder);
    }
    return new TrialFiles(directory, ...folders);
  }

  /** Returns the log of the seat whose files begin with `stem`. */
  log(stem: string): AppendFile {
    return this.#append(`${stem}.log`);
  }

  /** Returns the output of the framework in that seat. */
  raw(stem: string): AppendFile {
    return this.#append(`${stem}_raw.jsonl.gz`, { isCompressed: true });
  }

  #append(name: string, options?: ConstructorParameters<typeof AppendFile>[1]): AppendFile {
    const file = this.#appended.get(name) ?? new AppendFile(join(this.#staging, name), options);
    this.#appended.set(name, file);
    return file;
  }

  /**
   * Returns a path for temporary files. Disposal removes it, not `commit`. If this process is killed, the next run removes it.
   */
  scratch(name: string): string {
    return join(this.#scratch, name);
  }

  /** Returns the path of a file of the trial, until `commit`. */
  path(name: string): string {
    return join(this.#staging, name);
  }

  /** Replaces a file, and waits until the disk has it. */
  async write(name: string, content: string | Uint8Array): Promise<void> {
    const path = this.path(name);
    await rm(path, { force: true });
    await writeNew(path, content);
  }

  json(name: string, value: unknown): Promise<void> {
    return this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  hasEarlierResult(): boolean {
    return existsSync(join(this.directory, 'result.json'));
  }

  /**
   * Moves the new folder to its final place. Keeps notes, and broken files that were set aside, of the old one. After a power failure, a
   * folder in its final place is complete but for its logs and events.
   */
  async commit(): Promise<void> {
    await Promise.all([this.events, ...this.#appended.values()].map((file) => file.close()));
    const old = `${this.directory}.old`;
    await rm(old, { recursive: true, force: true });
    const stats = statSync(this.directory, { throwIfNoEntry: false });
    // The trial is paid for, so nothing in its place may keep it from there.
    if (stats?.isDirectory() === false) await keepAside(this.directory);
    else if (stats) {
      const asideNames = (await readdir(this.directory)).filter((name) => name.includes('.broken-'));
      await Promise.all(
        asideNames.map((name) => rename(join(this.directory, name), join(this.#staging, name))),
      );
      await rename(this.directory, old);
    }
    await syncFolder(this.#staging);
    await rename(this.#staging, this.directory);
    await keepNotes(old, this.directory);
    await syncFolder(dirname(this.directory));
    await rm(old, { recursive: true, force: true });
  }

  /** Removes temporary files, and the folder unless it was committed. What stays is removed by the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.events, ...this.#appended.values()].map((file) => file[Symbol.asyncDispose]()));
    for (const folder of [this.#staging, this.#scratch])
      await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * Moves what people wrote about an earlier result out of its folder, before that is removed. They are no notes on the new one,
 * so they get names of their own.
 */
export async function keepNotes(from: string, to: string): Promise<void> {
  const names: string[] = await readdir(from).catch(() => []);
  for (const name of names) {
    if (name === 'notes.jsonl')
      await rename(join(from, name), join(to, `notes.replaced-${Date.now()}.jsonl`));
    else if (/^notes\.replaced-\d+\.jsonl$/.test(name)) await rename(join(from, name), join(to, name));
  }
}
