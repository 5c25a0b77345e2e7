import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../contracts/errors.ts';
import { makeFolder } from './make-folder.ts';
import { type Owner, readOwner, stateOf, thisOwner } from './owner.ts';

/** Keeps a run's directory for this process until disposed. A lock left by a dead process is taken over. */
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
    const owner = await ownerOf(path);
    if (owner && stateOf(owner) !== 'dead') {
      throw new ConfigError('RUN_LOCKED', `${runDir} is in use by process ${owner.pid} on ${owner.host}.`, {
        hint:
          stateOf(owner) === 'alive'
            ? 'Wait for it to end, or give this run another name.'
            : `Wait for it to end; if it is dead, remove ${path}.`,
      });
    }
    // Only one of several that find a dead lock can move it away.
    await rename(path, `${path}.${process.pid}.dead`).then(
      () => unlink(`${path}.${process.pid}.dead`),
      () => {},
    );
  }
  throw new ConfigError('RUN_LOCKED', `${path} could not be taken.`, {
    hint: 'Another process keeps taking it; try again.',
  });
}

async function ownerOf(path: string): Promise<Owner | undefined> {
  return readOwner(await readFile(path, 'utf8').catch(() => undefined));
}
