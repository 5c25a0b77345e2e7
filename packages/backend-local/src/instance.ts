import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { thisOwner } from '@cooperbench/core';
import { makeEtc } from './host-system.ts';
import { Pipes } from './pipes.ts';
import { removeTree } from './remove-tree.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** Prefix of the directory of every local backend on this machine. */
export const instancePrefix = 'cooperbench-local-';
export const ownerRecord = 'owner.json';
export const sandboxesFolder = 'sandboxes';

/** The directory of one local backend on the host, with everything that its sandboxes need. */
export interface Instance {
  readonly name: string;
  readonly sandboxes: string;
  readonly etc: string;
  /** For files of sandboxes that are kept. */
  readonly kept: string;
  readonly pipes: Pipes;
  /** Removes the directory and ends the watchdog. */
  remove(): Promise<void>;
}

/** Creates the directory. A watchdog removes it when this process is killed. */
export async function makeInstance(temporary: string = tmpdir()): Promise<Instance> {
  const parent = await realpath(temporary);
  const owner = JSON.stringify(thisOwner());
  // Synchronous, because nothing would remove a directory that has neither an owner's record nor a watchdog.
  const folder = mkdtempSync(join(parent, instancePrefix));
  const resolveInside = (part: string): string => join(folder, part);
  writeFileSync(resolveInside(ownerRecord), owner);
  const name = basename(folder);
  const watchdog = watch(name, folder);
  await Promise.all(['pipes', 'etc', 'kept', sandboxesFolder].map((part) => mkdir(resolveInside(part))));
  await makeEtc(resolveInside('etc'));
  return {
    name,
    sandboxes: resolveInside(sandboxesFolder),
    etc: resolveInside('etc'),
    kept: resolveInside('kept'),
    pipes: new Pipes(resolveInside('pipes')),
    async remove() {
      await removeTree(folder);
      watchdog.goodbye();
    },
  };
}

/** Without a watchdog, there is no folder. */
function watch(name: string, folder: string): Watchdog {
  try {
    return startWatchdog(name, folder);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}
