import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
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
  const folder = await mkdtemp(join(await realpath(tmpdir()), instancePrefix));
  const name = basename(folder);
  const watchdog = startWatchdog(name, folder);
  const inside = (part: string): string => join(folder, part);
  await writeFile(inside(ownerRecord), JSON.stringify(thisOwner()));
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
