import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core';

/** A folder in the log directory that contains a file of this name, and no config.json, is not a run. */
export const notARun = '.not-a-run';

/** Returns the runs in a log directory, sorted. Includes symbolic links, which `checkRunFolder` refuses. */
export async function runNames(logsDir: string): Promise<string[]> {
  try {
    const entries = await readdir(logsDir, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .filter((name) => isRun(join(logsDir, name)))
      .sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function isRun(folder: string): boolean {
  return !existsSync(join(folder, notARun)) || existsSync(join(folder, 'config.json'));
}

/** Returns the name. @throws ConfigError `RUN_NAME` when it could escape the log directory or cannot name a folder. */
export function checkName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name)) return name;
  throw new ConfigError('RUN_NAME', `"${name}" cannot be the name of a run.`, {
    hint: 'Use letters, digits, dots, dashes and underscores; begin with a letter or digit.',
    about: name,
  });
}
