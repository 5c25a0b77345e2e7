import { lstat, readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';

/**
 * Whether a file is there. @throws ConfigError `DATASET_PATH_TAKEN` for what is in its way: a link on the way to it or
 * in its place, through which something outside the folder would be written, or something else than a file.
 */
export async function isThere(root: string, path: string): Promise<boolean> {
  const parts = path.split('/');
  for (const [index] of parts.entries()) {
    const at = join(root, ...parts.slice(0, index + 1));
    const stats = await lstat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (stats === undefined) return false;
    const last = index === parts.length - 1;
    if (stats.isSymbolicLink()) throw taken(at, 'a symbolic link');
    if (last ? !stats.isFile() : !stats.isDirectory()) throw taken(at, last ? 'no file' : 'no folder');
  }
  return true;
}

/** Removes the folders above a removed file that are empty now. */
export async function pruneAbove(root: string, path: string): Promise<void> {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    if ((await readdir(join(root, folder))).length > 0) return;
    await rmdir(join(root, folder));
  }
}

function taken(path: string, what: string): ConfigError {
  return new ConfigError('DATASET_PATH_TAKEN', `${path} is in the way: it is ${what}.`, {
    hint: 'Move it away, or name another folder with --dataset-dir.',
  });
}
