import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import type { NpmRegistry } from './npm-registry.test.support.ts';
import { run, workspace } from './packed.test.support.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The file that says how the making of the release ended. */
    release: string;
  }
}

/** What tests of the project share. They change nothing of it, and publish only packages of other names. */
export interface Release {
  /** A checkout with the release's versions, built. */
  readonly workspace: string;
  /** The packed packages, by name. */
  readonly tarballs: Readonly<Record<string, string>>;
  /** A registry on loopback, which has all of them. */
  readonly registry: Omit<NpmRegistry, keyof AsyncDisposable>;
  /** Where `npm install --global cooperbench` put it; an empty folder on a machine without an npm registry. */
  readonly prefix: string;
  /** The environment of somebody who installed it there and has nothing else, but for HOME and TMPDIR. */
  readonly env: Readonly<Record<string, string>>;
}

/** Waits for the release that the project's setup makes. */
export async function madeRelease(): Promise<Release> {
  const file = inject('release');
  while (!existsSync(file)) await delay(200);
  const { release, error } = JSON.parse(readFileSync(file, 'utf8'));
  if (error) throw new Error(`The release was not made: ${error}`);
  return release;
}

const bin = join(workspace, 'node_modules/.bin');

/** Returns the files of the workspace that git has or would take, or those of a folder of it. */
export function sourceFiles(folder = '.'): string[] {
  const options = { cwd: join(workspace, folder), encoding: 'utf8' } as const;
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const paths = execFileSync('git', words, options).split('\0');
  return paths.filter((path) => path !== '' && existsSync(join(workspace, folder, path)));
}

/** Returns a copy of the workspace as a clean checkout would be, with what is installed. Nothing is built. */
export function checkout(to: string): void {
  for (const path of sourceFiles()) cpSync(join(workspace, path), join(to, path));
  symlinkSync(join(workspace, 'node_modules'), join(to, 'node_modules'));
  // Links to the other packages, which have to lead to the copy's.
  for (const path of globSync('packages/*/node_modules', { cwd: workspace }))
    cpSync(join(workspace, path), join(to, path), { recursive: true, verbatimSymlinks: true });
  execFileSync('git', ['init', '-q'], { cwd: to });
}

/** Writes a release's versions and notes, as the release workflow does. Just after a release there is nothing to write. */
export async function version(root: string): Promise<void> {
  if (globSync('.changeset/*.md', { cwd: root }).length > 0)
    await run(join(bin, 'changeset'), ['version'], root);
}

/** Builds and packs all packages. Types were checked before. Resolves with the tarballs by the packages' names. */
export async function packAll(root: string, to: string): Promise<Readonly<Record<string, string>>> {
  const script = join(workspace, 'packages/cli/pack/pack-all.js');
  const { stdout } = await run(process.execPath, [script, to, '--root', root], root);
  return JSON.parse(stdout);
}
