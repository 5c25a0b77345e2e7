import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { safeText } from '@cooperbench/command';
import { CooperBenchError } from '@cooperbench/core/errors';
import type { ListFileEntry } from '@huggingface/hub';

/** `git-sha1:<hex>` (git's hash of the content) or `sha256:<hex>` (for files in LFS). */
export type Checksum = string;

/** A file of the dataset, from the listing. */
export interface WantedFile {
  /** The path relative to the dataset, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly checksum: Checksum;
}

/**
 * Returns the files of tasks and subsets in a listing. Leaves out other files of the repository, such as its README.
 * @throws CooperBenchError `DATASET_PATH` for a path that leads out of the directory, `DATASET_UNVERIFIABLE`.
 */
export function mapWantedFiles(listing: readonly ListFileEntry[]): Map<string, WantedFile> {
  const wantedByPath = new Map<string, WantedFile>();
  for (const entry of listing) {
    checkPath(entry.path);
    if (!/^([^/]+_task|subsets)\//.test(entry.path)) continue;
    if (wantedByPath.has(entry.path)) throw createRefusal(entry.path, 'is listed twice');
    const { path, size, lfs } = entry;
    wantedByPath.set(path, { path, bytes: lfs?.size ?? size, checksum: getChecksum(entry) });
  }
  return wantedByPath;
}

/** Checks that a path stays below the dataset's directory. @throws CooperBenchError `DATASET_PATH`. */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string') throw createRefusal(String(path), 'is not a path');
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw createRefusal(path, 'leads out of the directory');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  if (/[\x00-\x1f\x7f\\:]/.test(path) || parts.some((part) => Buffer.byteLength(part) > 255))
    throw createRefusal(path, 'is not a valid file name');
}

/**
 * Returns the checksum of a file's content. For a file in LFS or Xet, `oid` is the hash of a pointer, and `lfs` has the
 * SHA-256.
 */
function getChecksum({ path, oid, lfs, xetHash, size }: ListFileEntry): Checksum {
  if (!Number.isSafeInteger(lfs?.size ?? size)) throw createRefusal(path, 'has no size');
  if (lfs && /^[0-9a-f]{64}$/.test(lfs.oid)) return `sha256:${lfs.oid}`;
  if (!lfs && xetHash === undefined && oid !== undefined && /^[0-9a-f]{40}$/.test(oid))
    return `git-sha1:${oid}`;
  const message = `The listing states no checksum for ${safeText(path)}.`;
  throw new CooperBenchError('DATASET_UNVERIFIABLE', message, {
    hint: 'Nothing was downloaded. Name another --revision.',
  });
}

/** Creates the hash for a checksum of this kind, for content of this size. */
export function hashFor({ checksum, bytes }: Pick<WantedFile, 'checksum' | 'bytes'>): Hash {
  return checksum.startsWith('git-sha1:')
    ? createHash('sha1').update(`blob ${bytes}\0`)
    : createHash('sha256');
}

/** Returns whether a file on disk has this content. */
export async function hasChecksum(path: string, checksum: Checksum): Promise<boolean> {
  const hash = hashFor({ checksum, bytes: (await stat(path)).size });
  await pipeline(createReadStream(path), hash);
  return checksum.endsWith(`:${hash.digest('hex')}`);
}

function createRefusal(path: string, reason: string): CooperBenchError {
  return new CooperBenchError('DATASET_PATH', `The path "${safeText(path)}" in the listing ${reason}.`, {
    hint: 'Nothing was downloaded. Check HF_ENDPOINT.',
  });
}
