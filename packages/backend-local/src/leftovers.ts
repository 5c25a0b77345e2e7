import { lstat, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CleanOptions } from '@cooperbench/core';
import { isLeftover, readOwner } from '@cooperbench/core';
import { instancePrefix, ownerRecord, sandboxesFolder } from './instance.ts';
import { removeTree } from './remove-tree.ts';
import { killMarked } from './survivors.ts';

/** Minimum age of a directory without a record. A younger one may be under construction. */
const unrecordedMs = 10 * 60_000;

/** Kills processes and removes directories that dead owners left on this machine. Resolves with the IDs of their sandboxes. */
export async function removeLeftovers(
  { signal, onRemoved }: CleanOptions = {},
  remove: typeof removeTree = removeTree,
): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (!name.startsWith(instancePrefix) || !(await isLeft(folder))) continue;
    signal?.throwIfAborted();
    const sandboxes = await readdir(join(folder, sandboxesFolder)).catch(() => []);
    await killMarked(`${name}/`);
    // The owner's record goes last: without it, the rest of an interrupted removal would be nobody's.
    await remove(join(folder, sandboxesFolder));
    await remove(folder);
    for (const sandboxName of sandboxes.length > 0
      ? sandboxes.map((sandbox) => `${name}/${sandbox}`)
      : [name]) {
      removed.push(sandboxName);
      onRemoved?.(sandboxName);
    }
  }
  return removed;
}

async function isLeft(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch(() => undefined);
  if (!stats?.isDirectory() || stats.uid !== process.getuid?.()) return false;
  const owner = readOwner(await readFile(join(folder, ownerRecord), 'utf8').catch(() => undefined));
  if (owner === undefined) return Date.now() - stats.mtimeMs > unrecordedMs;
  return isLeftover(owner, stats.mtimeMs);
}
