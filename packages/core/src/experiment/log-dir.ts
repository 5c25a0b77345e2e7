import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError, CooperBenchError, messageOf } from '../contracts/errors.ts';
import { lockRun, refuseInUse } from '../records/lock.ts';
import { checkRunFolder } from '../records/run-folder.ts';

/** Locks a run's directory. @throws ConfigError `RUN_FOLDER`, `RUN_LOCKED`, `LOG_DIR_UNWRITABLE`. */
export function openRunFolder(runDir: string): Promise<AsyncDisposable> {
  return writing(runDir, async () => {
    await checkRunFolder(runDir);
    return lockRun(runDir);
  });
}

/** Checks whether `openRunFolder` would succeed, and throws the same errors. Changes nothing. */
export async function checkRunDir(runDir: string): Promise<void> {
  await checkRunFolder(runDir);
  await refuseInUse(runDir);
  await checkWritable(runDir, runDir);
}

/** Checks that a folder is writable. If it does not exist, checks the nearest folder above it that does. */
async function checkWritable(folder: string, runDir: string): Promise<void> {
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing || dirname(folder) === folder) throw unwritable(runDir, error);
    await checkWritable(dirname(folder), runDir);
  }
}

/**
 * Runs work that writes to a run's directory.
 * @throws ConfigError `LOG_DIR_UNWRITABLE` in place of an error of the file system.
 */
export async function writing<T>(runDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw CooperBenchError.is(error) ? error : unwritable(runDir, error);
  }
}

export function unwritable(directory: string, cause: unknown): ConfigError {
  return new ConfigError(
    'LOG_DIR_UNWRITABLE',
    `Nothing can be written to ${directory}: ${messageOf(cause)}`,
    {
      hint: 'Free some space or name another directory with --log-dir.',
      cause,
    },
  );
}
