import { readFileSync } from 'node:fs';

/** POSIX sh functions for a layer: `has COMMAND` and `download URL FILE`, as download.sh says. */
export const downloadScript: string = readFileSync(
  new URL('../../src/definition/download.sh', import.meta.url),
  'utf8',
);
