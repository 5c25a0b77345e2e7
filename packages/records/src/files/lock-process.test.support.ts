// A process that takes locks when its parent says so. Waits a random time between the steps.
import { open, unlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { takeLock } from './lock.ts';

/** `hold`: until the next request. `release`: at once. */
export interface LockRequest {
  readonly path: string;
  readonly mode: 'hold' | 'release';
}

export type LockAnswer = 'taken' | 'refused' | 'shared' | 'released' | Error;

/** Half of the steps wait a millisecond or two, so that any step of another process may come between. */
const between = async (): Promise<void> => {
  if (Math.random() < 0.5) await delay(Math.random() * 2);
};

let held: AsyncDisposable | undefined;

async function answer({ path, mode }: LockRequest): Promise<LockAnswer> {
  if (held) {
    await held[Symbol.asyncDispose]();
    held = undefined;
    return 'released';
  }
  try {
    const lock = await takeLock(path, path, { between });
    if (mode === 'hold') held = lock;
    else {
      await using _lock = lock;
      return await useAlone(`${path}.used`);
    }
    return 'taken';
  } catch (error) {
    return (error as { code?: unknown }).code === 'RUN_LOCKED' ? 'refused' : (error as Error);
  }
}

/** Resolves with `shared` when another process uses the file at the same time. */
async function useAlone(path: string): Promise<LockAnswer> {
  try {
    await (await open(path, 'wx')).close();
  } catch {
    return 'shared';
  }
  await between();
  await unlink(path);
  return 'taken';
}

process.on('message', (request: LockRequest) => {
  void answer(request).then((result) => process.send?.(result instanceof Error ? result.message : result));
});
