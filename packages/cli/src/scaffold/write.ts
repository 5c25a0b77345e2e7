import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core/errors';

/**
 * Writes all files or none into a directory that is empty or does not exist. A new directory appears complete.
 * @throws ConfigError `PLUGIN_FOLDER`.
 */
export async function writeFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const existingNames = await findEntries(folder);
  if (existingNames !== undefined && existingNames.length > 0) {
    const nameList = `${existingNames.slice(0, 3).join(', ')}${existingNames.length > 3 ? ', …' : ''}`;
    throw createWriteError(`The directory ${folder} is not empty: it contains ${nameList}.`);
  }
  try {
    await mkdir(dirname(folder), { recursive: true });
    const place = await mkdtemp(join(dirname(folder), '.cooperbench-'));
    try {
      // A subdirectory, because other users cannot read the temporary directory itself.
      const packageFolder = join(place, 'package');
      await writeAll(packageFolder, files);
      await (existingNames === undefined ? rename(packageFolder, folder) : moveInto(folder, packageFolder));
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  } catch (error) {
    throw createWriteError(`The directory ${folder} cannot be written: ${getMessage(error)}.`, error);
  }
}

async function writeAll(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** Fills an empty directory without replacing it: a shell may have it as its working directory. */
async function moveInto(folder: string, packageFolder: string): Promise<void> {
  const names = await readdir(packageFolder);
  try {
    for (const name of names) await rename(join(packageFolder, name), join(folder, name));
  } catch (error) {
    for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
}

/** Lists a directory. Returns undefined if it does not exist. */
async function findEntries(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw createWriteError(`The directory ${folder} cannot be used: ${getMessage(error)}.`, error);
  }
}

function createWriteError(message: string, cause?: unknown): ConfigError {
  return new ConfigError('PLUGIN_FOLDER', message, { hint: 'Name another one with --directory.', cause });
}
