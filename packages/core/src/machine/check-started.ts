import type { ChildProcess } from 'node:child_process';

/**
 * Returns the child if it has its streams. Node returns one without streams when no file can be opened, and says why only
 * later, in an event. @throws Error `EMFILE`.
 */
export function checkStarted<T extends ChildProcess>(child: T): T {
  // Against what its type says.
  if ((child.stdio as unknown) !== undefined) return child;
  child.once('error', () => {});
  throw Object.assign(new Error(`EMFILE: too many open files, spawn ${child.spawnfile}`), {
    ...{ code: 'EMFILE', syscall: `spawn ${child.spawnfile}` },
  });
}
