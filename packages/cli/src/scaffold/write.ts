import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, messageOf } from '@cooperbench/core/errors';

/**
 * Writes files into a folder that is not there, or is empty: all of them or none. A folder that is not there appears
 * whole. @throws ConfigError `PLUGIN_FOLDER`.
 */
export async function writeFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const there = await entries(folder);
  if (there !== undefined && there.length > 0) {
    const some = `${there.slice(0, 3).join(', ')}${there.length > 3 ? ', …' : ''}`;
    throw refused(`The folder ${folder} is not empty: it holds ${some}.`);
  }
  try {
    await mkdir(dirname(folder), { recursive: true });
    const place = await mkdtemp(join(dirname(folder), '.cooperbench-'));
    try {
      // A folder of its own, because the temporary one is nobody else's to read.
      const whole = join(place, 'package');
      await writeAll(whole, files);
      await (there === undefined ? rename(whole, folder) : moveInto(folder, whole));
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  } catch (error) {
    throw refused(`The folder ${folder} cannot be written: ${messageOf(error)}.`, error);
  }
}

async function writeAll(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** Into an empty folder, which stays the one it is: somebody's shell may be in it. */
async function moveInto(folder: string, whole: string): Promise<void> {
  const names = await readdir(whole);
  try {
    for (const name of names) await rename(join(whole, name), join(folder, name));
  } catch (error) {
    for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
}

/** Nothing: there is no such folder. */
async function entries(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refused(`The folder ${folder} cannot be used: ${messageOf(error)}.`, error);
  }
}

function refused(message: string, cause?: unknown): ConfigError {
  return new ConfigError('PLUGIN_FOLDER', message, { hint: 'Name another one with --directory.', cause });
}
