import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core';

/**
 * Checks that a run's folder contains only files and folders. With a link, a folder from somebody else could read or replace
 * files elsewhere, and a read from a pipe would never end. Skips folders that a killed run was writing: nothing reads them
 * before they are removed. @throws ConfigError `RUN_FOLDER` that names the entry.
 */
export async function checkRunFolder(runDir: string): Promise<void> {
  const stats = await lstat(runDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stats === undefined) return;
  if (!stats.isDirectory()) throw createFolderError(runDir, stats.isSymbolicLink());
  await checkFolder(runDir);
}

async function checkFolder(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!/\.(running|old)$/.test(entry.name)) await checkFolder(path);
    } else if (!entry.isFile()) throw createFolderError(path, entry.isSymbolicLink());
  }
}

function createFolderError(path: string, isLink: boolean): ConfigError {
  return new ConfigError(
    'RUN_FOLDER',
    `${path} is ${isLink ? 'a symbolic link' : 'not a file or a folder'}.`,
    {
      hint: "A run's folder holds only files and folders. Remove it, or put a copy of what it names in its place.",
    },
  );
}
