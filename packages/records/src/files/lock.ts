import { randomUUID } from 'node:crypto';
import { link, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, checkOwner, type Owner, readOwner, thisOwner } from '@cooperbench/core';
import { isFileSpecificError } from '@cooperbench/core/host';
import { getTemporaryPath, writeNew } from './atomic.ts';
import { readText } from './read-text.ts';

/** How long a process waits for others that take over the same lock, and how often it looks. */
const takeoverMs = { atMost: 10_000, every: 2 };

/** A step between two operations on a lock. */
type Between = () => Promise<void>;

export interface LockOptions {
  /** What to do when a process of this machine has the lock. */
  readonly whenInUse?: string;
  /** Runs between the steps. For tests, which inject delays. */
  readonly between?: Between;
}

/**
 * Locks a run's directory for this process until disposed. Takes over the lock of a dead process.
 * @throws ConfigError `RUN_LOCKED`.
 */
export function lockRun(runDir: string): Promise<AsyncDisposable> {
  return takeLock(join(runDir, '.lock'), runDir, { whenInUse: whenRunInUse });
}

const whenRunInUse = 'Wait for it to end, or give this run another name.';

/**
 * Creates a lock file for this process, and its folder if necessary. Disposing removes the file. A refusal says that `what` is
 * in use.
 *
 * A lock file appears complete, because it is written aside and then linked into place. Its holder removes it. After the holder's
 * death, only the holder of the guard removes it. The guard is a lock like this one, so a process that dies in a takeover
 * does not block the next.
 * @throws ConfigError `RUN_LOCKED`.
 */
export async function takeLock(
  path: string,
  subject: string,
  { whenInUse = 'Wait for it to end.', between = async () => {} }: LockOptions = {},
): Promise<AsyncDisposable> {
  const ownContent = JSON.stringify({ ...thisOwner(), since: new Date().toISOString(), token: randomUUID() });
  const release = { [Symbol.asyncDispose]: () => removeLock(path, ownContent, between) };
  for (;;) {
    if (await placeLock(path, ownContent, between)) return release;
    await between();
    const content = await readLock(path);
    // A network file system may report that the link exists, when it has made the link and the answer was lost.
    if (content === ownContent) return release;
    if (content === undefined) continue;
    refuseUnlessDead(content, path, subject, whenInUse);
    await between();
    await using _guard = await takeGuard(`${path}.takeover`, subject, between);
    await between();
    await removeLock(path, content, between);
  }
}

/**
 * Returns whether a process is using the run. True when that process is on another machine, because this one cannot check it.
 */
export async function isInUse(runDir: string): Promise<boolean> {
  const holder = readOwner(await readLock(join(runDir, '.lock')));
  return holder !== undefined && checkOwner(holder) !== 'dead';
}

/** @throws ConfigError `RUN_LOCKED` when another process uses the directory. Changes nothing. */
export async function refuseInUse(runDir: string): Promise<void> {
  const path = join(runDir, '.lock');
  const content = await readLock(path);
  if (content !== undefined) refuseUnlessDead(content, path, runDir, whenRunInUse);
}

/** Resolves with false when the path exists, or when another process has removed the temporary file. */
async function placeLock(path: string, content: string, between: Between): Promise<boolean> {
  const temporary = getTemporaryPath(path);
  await writeNew(temporary, content);
  await between();
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    if (['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(code)) return await createLock(path, content);
    throw error;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

/** For file systems without links. A process that reads the file before it is complete is refused. */
async function createLock(path: string, content: string): Promise<boolean> {
  try {
    await writeNew(path, content);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    await unlink(path).catch(() => {});
    throw error;
  }
}

/** Takes the lock that allows the removal of a dead lock. Waits for other processes that have it. */
async function takeGuard(path: string, subject: string, between: Between): Promise<AsyncDisposable> {
  for (const until = performance.now() + takeoverMs.atMost; ; await delay(takeoverMs.every)) {
    try {
      return await takeLock(path, subject, { between });
    } catch (error) {
      if (!ConfigError.is(error) || performance.now() > until) throw error;
    }
  }
}

/** Removes a lock if it has this content. Only its holder and the holder of the guard may call it. */
async function removeLock(path: string, content: string, between: Between): Promise<void> {
  const holder = await readLock(path).catch(() => undefined);
  await between();
  if (holder === content) await unlink(path).catch(() => {});
}

/** Returns undefined if there is no lock. An empty text: something that is not a lock has its place. */
async function readLock(path: string): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (isFileSpecificError(error)) return '';
    throw error;
  }
}

function refuseUnlessDead(content: string, path: string, subject: string, whenInUse: string): void {
  const holder: (Owner & { readonly since?: unknown }) | undefined = readOwner(content);
  if (!holder)
    throw new ConfigError('RUN_LOCKED', `${path} is not a lock of CooperBench.`, {
      hint: 'If no process uses it, remove it.',
    });
  const state = checkOwner(holder);
  if (state === 'dead') return;
  const sinceText = typeof holder.since === 'string' ? ` since ${holder.since}` : '';
  throw new ConfigError(
    'RUN_LOCKED',
    `${subject} is in use by process ${holder.pid} on ${holder.host}${sinceText}.`,
    {
      hint: state === 'alive' ? whenInUse : `Wait for it to end. If it is dead, remove ${path}.`,
    },
  );
}
