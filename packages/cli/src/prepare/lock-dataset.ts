import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core';
import { lockRun } from '@cooperbench/core/host';
import { isThere } from './place.ts';

/**
 * Keeps a dataset's folder for this process until disposed: two would write into the same unfinished files. The lock is
 * beside these. @throws ConfigError `DATASET_LOCKED`, `DATASET_PATH_TAKEN`.
 */
export async function lockDataset(root: string, unfinished: string): Promise<AsyncDisposable> {
  const path = join(unfinished, '.lock');
  await isThere(root, path.slice(root.length + 1));
  const lock = await lockRun(unfinished).catch((error: unknown) => {
    if (!ConfigError.is(error)) throw error;
    throw new ConfigError('DATASET_LOCKED', error.message, {
      hint: `Wait for it to end; if it is dead, remove ${path}.`,
    });
  });
  return {
    async [Symbol.asyncDispose]() {
      await lock[Symbol.asyncDispose]();
      // Not empty: something is unfinished, or another process has just taken it.
      await rmdir(unfinished).catch(() => {});
    },
  };
}
