import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxSpec } from '@cooperbench/core';
import { accounts } from './host-system.ts';

/** A sandbox's directories on the host. The agent may write to all of them except `root` itself. */
export interface Layout {
  readonly root: string;
  readonly workspace: string;
  readonly patches: string;
  readonly home: string;
  readonly tmp: string;
  readonly bin: string;
}

/** Creates the directories of a sandbox for a user. `workspace` stays empty. */
export async function makeLayout(
  root: string,
  spec: Pick<SandboxSpec, 'name' | 'labels'>,
  userId?: number,
): Promise<Layout> {
  const inside = (name: string): string => join(root, name);
  const layout: Layout = {
    root,
    workspace: inside('workspace'),
    patches: inside('patches'),
    home: inside('home'),
    tmp: inside('tmp'),
    bin: inside('bin'),
  };
  await mkdir(root, { mode: 0o700 });
  await Promise.all([
    ...['workspace', 'patches', 'home', 'tmp', 'bin'].map(async (name) => {
      await mkdir(inside(name));
      if (userId !== undefined) await chown(inside(name), userId, userId);
    }),
    writeFile(inside('sandbox.json'), JSON.stringify({ name: spec.name, labels: spec.labels })),
    ...(userId === undefined
      ? []
      : Object.entries(accounts(userId)).map(([name, text]) => writeFile(inside(name), text))),
  ]);
  return layout;
}

/** Bubblewrap's arguments for the files of /etc that name the sandbox's user. */
export function accountMounts({ root }: Layout): string[] {
  return Object.keys(accounts(0)).flatMap((name) => ['--ro-bind', join(root, name), join('/etc', name)]);
}
