import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** Number of files after which reading gives other work of the process a turn. */
const filesAtOnce = 200;
let filesRead = 0;

/**
 * Reads a text file of a run. Reads synchronously, because a run has thousands of small files: through Node's thread pool, they
 * take twice as long and five times the processor time. @throws the file system's errors.
 */
export async function readText(path: string): Promise<string> {
  filesRead += 1;
  if (filesRead % filesAtOnce === 0) await setImmediate();
  return readFileSync(path, 'utf8');
}
