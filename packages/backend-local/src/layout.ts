import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxSpec } from '@cooperbench/core';

/** A sandbox's directories on the host. The agent may write to all of them except `root` itself. */
export interface Layout {
  readonly root: string;
  readonly workspace: string;
  readonly patches: string;
  readonly home: string;
  readonly tmp: string;
  readonly bin: string;
}

/** Creates the directories of a sandbox. `workspace` stays empty. */
export async function makeLayout(root: string, spec: Pick<SandboxSpec, 'name' | 'labels'>): Promise<Layout> {
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
    ...['workspace', 'patches', 'home', 'tmp', 'bin'].map((name) => mkdir(inside(name))),
    writeFile(inside('sandbox.json'), JSON.stringify({ name: spec.name, labels: spec.labels })),
  ]);
  return layout;
}
