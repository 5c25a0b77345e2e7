import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { getMessage, type JobResult } from '@cooperbench/core';

/** Maximum bytes in memory. There are two stores at a time. */
const defaultMemoryBytes = 128 * 1024 * 1024;

/** Results in a `ResultStore`. */
export interface StoredResults {
  /** May be called once. Results that could not be stored have become errors. */
  take(): Promise<readonly JobResult[]>;
}

/**
 * Results that wait for more. A hostile patch can make each large, so those past a limit of memory go to a temporary file. It has
 * no name, so nothing is left if this process is killed.
 */
export class ResultStore implements AsyncDisposable {
  #freeBytes: number;
  #file: Promise<FileHandle> | undefined;
  #fileEnd = 0;

  constructor(memoryBytes: number = defaultMemoryBytes) {
    this.#freeBytes = memoryBytes;
  }

  async add(results: readonly JobResult[]): Promise<StoredResults> {
    const bytes = computeMemory(results);
    if (bytes > this.#freeBytes) return await this.#write(results);
    this.#freeBytes -= bytes;
    const heldResults = [...results];
    return {
      take: async () => {
        this.#freeBytes += bytes;
        return heldResults.splice(0);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const file = await this.#file?.catch(() => undefined);
    await file?.close();
  }

  async #write(results: readonly JobResult[]): Promise<StoredResults> {
    const ids = results.map(({ id }) => id);
    const createFailedResults = (error: unknown): JobResult[] => {
      const reason = `its results could not be kept in ${tmpdir()}: ${getMessage(error)}`;
      return ids.map((id) => ({ id, error: reason }));
    };
    try {
      this.#file ??= openNameless();
      const file = await this.#file;
      const bytes = serialize(results);
      const start = this.#fileEnd;
      this.#fileEnd += bytes.length;
      const { bytesWritten } = await file.write(bytes, 0, bytes.length, start);
      if (bytesWritten < bytes.length) throw new Error('the disk is full');
      return { take: () => readBack(file, start, bytes.length).catch(createFailedResults) };
    } catch (error) {
      return { take: async () => createFailedResults(error) };
    }
  }
}

async function readBack(file: FileHandle, start: number, length: number): Promise<readonly JobResult[]> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
  if (bytesRead < length) throw new Error('the file has become shorter');
  return deserialize(buffer) as readonly JobResult[];
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `cooperbench-results-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

/** Computes the memory that results hold: a part of a buffer holds all of it. */
function computeMemory(results: readonly JobResult[]): number {
  const reports = results.filter((result) => 'markedLines' in result);
  const parts = reports.flatMap(({ outputFiles, steps }) => [
    ...outputFiles.values(),
    ...[...(steps?.values() ?? [])].map(({ output }) => output),
  ]);
  const sizes = [
    ...[...new Set(parts.map(({ buffer }) => buffer))].map(({ byteLength }) => byteLength),
    ...reports.flatMap(({ markedLines }) => markedLines.map(({ length }) => length)),
  ];
  return sizes.reduce((sum, size) => sum + size, 0);
}
