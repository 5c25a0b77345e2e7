import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '@cooperbench/core';

/** Room that a host must have when a seat's work is collected. */
const neededBytes = 16 * 1024 * 1024;

/** The state of the disk that all sandboxes share, seen from outside of them. */
export interface HostRoom {
  /** A folder of this host on that disk. */
  readonly folder: string;
  /** Free bytes when the seat's sandbox was made. */
  readonly freeBefore: number;
  /** Whether this process may write to the folder. Then a test of that finds quotas, too. */
  readonly isOurs: boolean;
  /** Bytes that the open sandboxes of the seat's trial have written since they were made. */
  written(): Promise<number>;
}

/** Returns the bytes that users other than root may still write to a folder's disk. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * Finds why a full host, rather than the seat's own trial, cost the seat files. Returns undefined if there is room, or the
 * trial itself took it. The trial took it when it wrote at least half of what has gone since, and there would be room without
 * that.
 */
export async function findFullHost({
  folder,
  freeBefore,
  isOurs,
  written,
}: HostRoom): Promise<SandboxError | undefined> {
  const free = await freeBytes(folder);
  const isFull = free < neededBytes;
  const refusal = isFull ? `${free} bytes are free` : isOurs ? await findRefusedWrite(folder) : undefined;
  if (refusal === undefined) return undefined;
  const writtenBytes = await written();
  if (free + writtenBytes >= neededBytes && writtenBytes >= (freeBefore - free) / 2) return undefined;
  return new SandboxError('HOST_FULL', `The disk of ${folder} is full: ${refusal}.`, {
    hint: 'Free some space, then repeat the command: it runs the trial again.',
    retryable: true,
    fromOutside: true,
  });
}

let writing: Promise<unknown> = Promise.resolve();

/** Tries to write the needed bytes. Resolves with the reason when that fails. One call at a time, because together they would fill the disk themselves. */
function findRefusedWrite(folder: string): Promise<string | undefined> {
  const probe = writing.then(() => tryToWrite(folder));
  writing = probe.catch(() => {});
  return probe;
}

/** A quota counts for nothing in what a disk says of itself. */
async function tryToWrite(folder: string): Promise<string | undefined> {
  let probePath: string | undefined;
  try {
    probePath = await mkdtemp(join(folder, '.room-'));
    await using file = await open(join(probePath, 'file'), 'w');
    for (let left = neededBytes; left > 0; left -= 1024 * 1024)
      await file.write(Buffer.alloc(1024 * 1024, 7));
    await file.sync();
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') return `a write ends with ${code}`;
    throw error;
  } finally {
    if (probePath !== undefined) await rm(probePath, { recursive: true, force: true });
  }
}
