import { readFileSync } from 'node:fs';
import { downloadScript } from './download.ts';

const npm = readFileSync(new URL('../../src/definition/npm.sh', import.meta.url), 'utf8');

/**
 * POSIX sh for a layer: the function `unpack NAME VERSION` writes an npm package into the working directory, without its
 * dependencies. It uses npm, or else downloads the package. `$registry` may be empty.
 */
export const unpackFromNpm: string = `${downloadScript}${npm}`;
