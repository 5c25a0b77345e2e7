import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxSpec } from '@cooperbench/core';
import { buildAccountFiles } from './host-system.ts';

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
  const formatPathInRoot = (name: string): string => join(root, name);
  const layout: Layout = {
    root,
    workspace: formatPathInRoot('workspace'),
    patches: formatPathInRoot('patches'),
    home: formatPathInRoot('home'),
    tmp: formatPathInRoot('tmp'),
    bin: formatPathInRoot('bin'),
  };
  await mkdir(root, { mode: 0o700 });
  await Promise.all([
    ...['workspace', 'patches', 'home', 'tmp', 'bin'].map(async (name) => {
      await mkdir(formatPathInRoot(name));
      if (userId !== undefined) await chown(formatPathInRoot(name), userId, userId);
    }),
    writeFile(formatPathInRoot('sandbox.json'), JSON.stringify({ name: spec.name, labels: spec.labels })),
    ...(userId === undefined
      ? []
      : Object.entries(buildAccountFiles(userId)).map(([name, text]) =>
          writeFile(formatPathInRoot(name), text),
        )),
  ]);
  return layout;
}

/** Bubblewrap's arguments for the files of /etc that name the sandbox's user. */
export function listAccountMounts({ root }: Layout): string[] {
  return Object.keys(buildAccountFiles(0)).flatMap((name) => [
    '--ro-bind',
    join(root, name),
    join('/etc', name),
  ]);
}
