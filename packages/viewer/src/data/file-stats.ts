import { lstatSync, type Stats } from 'node:fs';
import { ConfigError } from '@cooperbench/core/errors';

/**
 * Looks at a path in the folder of a run before anything reads it. A link could show a file from elsewhere, and reading a pipe
 * would never end. Returns undefined if nothing is there, or it cannot be looked at. Synchronous: through Node's pool of
 * threads, thousands of files take several times the processor time. @throws ConfigError `RUN_FOLDER` that names a link or a
 * pipe.
 */
export function findFileStats(path: string): Stats | undefined {
  const stats = lookAt(path);
  if (stats === undefined || stats.isFile() || stats.isDirectory()) return stats;
  throw new ConfigError('RUN_FOLDER', `${path} is not a file or a folder.`, {
    hint: "A run's folder holds only files and folders. Remove it, or put a copy of what it names in its place.",
  });
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
