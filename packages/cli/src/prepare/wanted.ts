import { CooperBenchError } from '@cooperbench/core';
import type { ListFileEntry } from '@huggingface/hub';
import { safeText } from '../terminal/safe-text.ts';
import type { Checksum } from './checksums.ts';

/** A file of the dataset as its listing states it. */
export interface WantedFile {
  /** Below the dataset's folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly checksum: Checksum;
}

/**
 * The files of a listing that make a dataset: tasks and subsets. The repository's own papers stay where they are.
 * @throws CooperBenchError `DATASET_PATH` for a name that leads out of the folder, `DATASET_UNVERIFIABLE`.
 */
export function wantedFiles(listing: readonly ListFileEntry[]): Map<string, WantedFile> {
  const wanted = new Map<string, WantedFile>();
  for (const entry of listing) {
    checkPath(entry.path);
    if (!/^([^/]+_task|subsets)\//.test(entry.path)) continue;
    if (wanted.has(entry.path)) throw refused(entry.path, 'is listed twice');
    wanted.set(entry.path, {
      path: entry.path,
      bytes: entry.lfs?.size ?? entry.size,
      checksum: checksumOf(entry),
    });
  }
  return wanted;
}

/** @throws CooperBenchError `DATASET_PATH`. */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string') throw refused(String(path), 'is no name');
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw refused(path, 'leads out of the folder');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\x00-\x1f\x7f\\:]/.test(path) || parts.some((part) => Buffer.byteLength(part) > 255))
    throw refused(path, 'is no name for a file');
}

/** Git names the pointer of a file in LFS or Xet, not its content; that has its SHA-256 beside it. */
function checksumOf({ path, oid, lfs, xetHash, size }: ListFileEntry): Checksum {
  if (!Number.isSafeInteger(lfs?.size ?? size)) throw refused(path, 'has no size');
  if (lfs && /^[0-9a-f]{64}$/.test(lfs.oid)) return `sha256:${lfs.oid}`;
  if (!lfs && xetHash === undefined && oid !== undefined && /^[0-9a-f]{40}$/.test(oid))
    return `git-sha1:${oid}`;
  throw new CooperBenchError(
    'DATASET_UNVERIFIABLE',
    `The listing states no checksum for ${safeText(path)}.`,
    {
      hint: 'Nothing was downloaded. Name another --revision.',
    },
  );
}

function refused(path: string, why: string): CooperBenchError {
  return new CooperBenchError('DATASET_PATH', `The listing's "${safeText(path)}" ${why}.`, {
    hint: 'Nothing was downloaded. Check HF_ENDPOINT.',
  });
}
