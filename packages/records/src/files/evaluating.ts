import { lstat, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isInUse } from './lock.ts';

const fileName = '.evaluating';
/** Room for tens of thousands of ids. A longer file is not ours. */
const maxBytes = 4_000_000;

/**
 * Records which trials the holder of a run's lock evaluates, until disposed: a viewer shows them. A failure to write it fails
 * nothing.
 */
export async function markEvaluating(runDir: string, trials: readonly string[]): Promise<AsyncDisposable> {
  const path = join(runDir, fileName);
  await writeFile(path, JSON.stringify(trials)).catch(() => {});
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }).catch(() => {}) };
}

/** Reads the ids of the trials that a process evaluates now. What a killed process recorded is older than the lock. */
export async function readEvaluatingTrials(runDir: string): Promise<ReadonlySet<string>> {
  const path = join(runDir, fileName);
  try {
    const [mark, lock] = await Promise.all([lstat(path), lstat(join(runDir, '.lock'))]);
    if (!mark.isFile() || mark.size > maxBytes || mark.mtimeMs < lock.mtimeMs || !(await isInUse(runDir)))
      return new Set();
    const trials: unknown = JSON.parse(await readFile(path, 'utf8'));
    return new Set(Array.isArray(trials) ? trials.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}
