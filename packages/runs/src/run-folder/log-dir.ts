import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, CooperBenchError, getMessage } from '@cooperbench/core';
import { explainSharedLimit } from '@cooperbench/core/host';
import { checkRunFolder, lockRun, refuseInUse, takeLock } from '@cooperbench/records';

/** Locks a run's directory. @throws ConfigError `RUN_FOLDER`, `RUN_LOCKED`, `LOG_DIR_UNWRITABLE`. */
export function openRunFolder(runDir: string): Promise<AsyncDisposable> {
  return runFirstWrites(runDir, async () => {
    await checkRunFolder(runDir);
    return lockRun(runDir);
  });
}

/**
 * Locks an experiment in a log directory, so that no other command runs its runs at the same time.
 * @throws ConfigError `EXPERIMENT_LOCKED`, `LOG_DIR_UNWRITABLE`.
 */
export function lockExperiment(logsDir: string, name: string): Promise<AsyncDisposable> {
  const path = join(logsDir, `.${name}.experiment.lock`);
  return runFirstWrites(logsDir, () =>
    takeLock(path, `The experiment ${name}`).catch((error: unknown) => {
      if (!ConfigError.is(error)) throw error;
      throw new ConfigError('EXPERIMENT_LOCKED', error.message, { hint: error.hint });
    }),
  );
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
    if (!isMissing || dirname(folder) === folder) throw createUnwritableError(runDir, error);
    await checkWritable(dirname(folder), runDir);
  }
}

/**
 * Runs the first work that writes to a run's directory.
 * @throws ConfigError `LOG_DIR_UNWRITABLE` in place of an error of the file system: nothing was run.
 */
export async function runFirstWrites<T>(runDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw CooperBenchError.is(error) ? error : createUnwritableError(runDir, error);
  }
}

/**
 * Runs work that writes to the directory of a run that has begun.
 * @throws CooperBenchError `LOG_DIR_UNWRITABLE` in place of an error of the file system: the run stops early.
 */
export async function runWrites<T>(runDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw CooperBenchError.is(error) ? error : createResultsUnwritableError(runDir, error);
  }
}

/** Creates the error for results that cannot be written. It is not a ConfigError, which means that nothing has run. */
export function createResultsUnwritableError(directory: string, cause: unknown): CooperBenchError {
  return new CooperBenchError(
    'LOG_DIR_UNWRITABLE',
    `Results cannot be written to ${directory}: ${getMessage(cause)}`,
    { hint: hintFor(cause, 'Then repeat the command: it keeps every result that is complete.'), cause },
  );
}

function createUnwritableError(directory: string, cause: unknown): ConfigError {
  return new ConfigError(
    'LOG_DIR_UNWRITABLE',
    `Nothing can be written to ${directory}: ${getMessage(cause)}`,
    {
      hint: hintFor(cause),
      cause,
    },
  );
}

/** The message of a limit of the machine says already what to do. */
function hintFor(cause: unknown, extraHint = ''): string {
  const hint = explainSharedLimit(cause) ? '' : 'Free some space or name another directory with --log-dir.';
  return `${hint} ${extraHint}`.trim();
}
