import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { checkout, packAll, version } from './release.test.support.ts';

declare module 'vitest' {
  interface ProvidedContext {
    release: {
      /** A checkout with the release's versions. Tests read it only. */
      readonly workspace: string;
      /** The packed packages, by name. */
      readonly tarballs: Readonly<Record<string, string>>;
    };
  }
}

/** Builds and packs a release once for all tests of the project. Vitest calls it before them, and what it returns after. */
export default async function setup(project: TestProject): Promise<() => void> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'cooperbench-release-')));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    const workspace = join(root, 'workspace');
    checkout(workspace);
    await version(workspace);
    const tarballs = await packAll(workspace, join(root, 'tarballs'));
    project.provide('release', { workspace, tarballs: Object.fromEntries(tarballs) });
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}
