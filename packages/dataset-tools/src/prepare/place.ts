import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';

/**
 * Checks whether a file exists below `root`. @throws ConfigError `DATASET_PATH_TAKEN` when the path contains a symbolic link,
 * through which a write could leave the directory, or does not end in a file.
 */
export async function fileExists(root: string, path: string): Promise<boolean> {
  const parts = path.split('/');
  for (const [index] of parts.entries()) {
    const partialPath = join(root, ...parts.slice(0, index + 1));
    const stats = await lstat(partialPath).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (stats === undefined) return false;
    const last = index === parts.length - 1;
    if (stats.isSymbolicLink()) throw createTakenError(partialPath, 'a symbolic link');
    if (last ? !stats.isFile() : !stats.isDirectory())
      throw createTakenError(partialPath, last ? 'not a file' : 'not a directory');
  }
  return true;
}

/** Removes a file, and the directories above it that become empty. */
export async function removeFile(root: string, path: string): Promise<void> {
  await unlink(join(root, path));
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    if ((await readdir(join(root, folder))).length > 0) return;
    await rmdir(join(root, folder));
  }
}

function createTakenError(path: string, occupant: string): ConfigError {
  return new ConfigError('DATASET_PATH_TAKEN', `${path} is ${occupant}.`, {
    hint: 'Move it away, or name another directory with --dataset-dir.',
  });
}

/** Explains an error of the file system. Returns any other error as it is. */
export function directoryFailure(directory: string, error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (CooperBenchError.is(error) || syscall === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CooperBenchError('DATASET_DISK_FULL', `No space is left for ${directory}.`, {
      hint: 'Free some space and repeat the command: complete files are kept.',
      cause: error,
    });
  }
  return new ConfigError('DATASET_UNWRITABLE', `${directory} cannot be read and written: ${message}`, {
    hint: 'Fix the cause, or name another directory with --dataset-dir.',
    cause: error,
  });
}
