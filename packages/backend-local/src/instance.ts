import { mkdtempSync, writeFileSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { thisOwner } from '@cooperbench/core/backend';
import { makeEtc } from './host-system.ts';
import { Pipes } from './pipes.ts';
import { removeTree } from './remove-tree.ts';
import { startWatchdog } from './watchdog.ts';

/** The directories of all backends on this machine begin with this. */
export const instancePrefix = 'cooperbench-local-';
export const ownerRecord = 'owner.json';
export const sandboxesFolder = 'sandboxes';

/** One backend's directory on the host, with everything its sandboxes need. */
export interface Instance {
  readonly name: string;
  readonly sandboxes: string;
  readonly etc: string;
  readonly pipes: Pipes;
  /** Removes everything. */
  remove(): Promise<void>;
}

/** Makes the directory. A watchdog removes it when this process is killed. */
export async function makeInstance(): Promise<Instance> {
  const parent = await realpath(tmpdir());
  const owner = JSON.stringify(thisOwner());
  // Synchronous: a directory without an owner's record and without a watchdog would outlive a process killed here.
  const folder = mkdtempSync(join(parent, instancePrefix));
  const inside = (part: string): string => join(folder, part);
  writeFileSync(inside(ownerRecord), owner);
  const name = basename(folder);
  const watchdog = startWatchdog(name, folder);
  await Promise.all(['pipes', 'etc', sandboxesFolder].map((part) => mkdir(inside(part))));
  await makeEtc(inside('etc'));
  return {
    name,
    sandboxes: inside(sandboxesFolder),
    etc: inside('etc'),
    pipes: new Pipes(inside('pipes')),
    async remove() {
      await removeTree(folder);
      watchdog.goodbye();
    },
  };
}
