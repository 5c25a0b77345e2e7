import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../contracts/errors.ts';
import { makeFolder } from './make-folder.ts';
import { type Owner, readOwner, stateOf, thisOwner } from './owner.ts';

/**
 * Locks a run's directory for this process until disposed. Takes over the lock of a dead process.
 * @throws ConfigError `RUN_LOCKED`.
 */
export async function lockRun(runDir: string): Promise<AsyncDisposable> {
  const path = join(runDir, '.lock');
  const own = thisOwner();
  await makeFolder(runDir);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      await writeFile(path, JSON.stringify(own), { flag: 'wx' });
      return { [Symbol.asyncDispose]: () => unlink(path).catch(() => {}) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    await refuseInUse(runDir);
    // Several processes may find the lock of a dead process. Only one of them can rename it.
    await rename(path, `${path}.${process.pid}.dead`).then(
      () => unlink(`${path}.${process.pid}.dead`),
      () => {},
    );
  }
  throw new ConfigError('RUN_LOCKED', `The lock ${path} is in use.`, {
    hint: 'Other processes use it again and again. Try again later.',
  });
}

/** Whether a process is using the run. True when that process is on another machine, because this one cannot check it. */
export async function isInUse(runDir: string): Promise<boolean> {
  const owner = await ownerOf(join(runDir, '.lock'));
  return owner !== undefined && stateOf(owner) !== 'dead';
}

/** @throws ConfigError `RUN_LOCKED` when another process uses the directory. Changes nothing. */
export async function refuseInUse(runDir: string): Promise<void> {
  const path = join(runDir, '.lock');
  const owner = await ownerOf(path);
  if (!owner || stateOf(owner) === 'dead') return;
  throw new ConfigError('RUN_LOCKED', `${runDir} is in use by process ${owner.pid} on ${owner.host}.`, {
    hint:
      stateOf(owner) === 'alive'
        ? 'Wait for it to end, or give this run another name.'
        : `Wait for it to end. If it is dead, remove ${path}.`,
  });
}

async function ownerOf(path: string): Promise<Owner | undefined> {
  return readOwner(await readFile(path, 'utf8').catch(() => undefined));
}
