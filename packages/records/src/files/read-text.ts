import { setImmediate } from 'node:timers/promises';
import { readWholeFile } from '@cooperbench/core/host';

/** After so many files or bytes, reading gives other work of the process a turn. */
const filesAtOnce = 200;
const bytesAtOnce = 8_000_000;
let files = 0;
let bytes = 0;

/**
 * Reads a text file of a run. Refuses a symbolic link, a pipe and a file of more than `maxFileBytes`: a run from somebody else
 * may contain any of them. @throws the errors of `readWholeFile`.
 */
export async function readText(path: string): Promise<string> {
  files += 1;
  if (files >= filesAtOnce || bytes >= bytesAtOnce) {
    files = 0;
    bytes = 0;
    await setImmediate();
  }
  const content = readWholeFile(path, { followLinks: false });
  bytes += content.length;
  return content.toString();
}
