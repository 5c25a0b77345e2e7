import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { action } from '@oclif/core/ux';
import { sweep } from './local-package.ts';
import type { Npm } from './npm.ts';
import { relist } from './oclifs-list.ts';
import type { Wanted } from './wanted.ts';

/**
 * Installs all, or none: npm puts back what was there when it fails, and the list is changed last.
 * @throws PluginError `PLUGIN_COMMAND`.
 */
export async function install(
  wanted: readonly Wanted[],
  npm: Npm,
  dataDir: string,
  more: readonly string[] = [],
): Promise<void> {
  const what = wanted.map(({ manifest }) => `${manifest.name} ${manifest.version}`).join(', ');
  const specs = wanted.map(({ spec }) => spec);
  await busy(`Installing ${what}`, () => npm.run('install', ...specs, '--omit=dev', ...more));
  relist(
    dataDir,
    wanted.map(({ listed }) => listed),
  );
}

/** Takes plugins out of npm's folder. @throws PluginError `PLUGIN_COMMAND`. */
export async function uninstall(names: readonly string[], npm: Npm, dataDir: string): Promise<void> {
  if (names.length > 0) await busy(`Removing ${names.join(', ')}`, () => npm.run('uninstall', ...names));
  await sweep(dataDir);
}

interface NpmsLock {
  readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
}

/** Which version of a package npm installed, and of a git repository which commit; undefined when there is none. */
export function installedVersion(name: string, dataDir: string): string | undefined {
  try {
    const modules = join(dataDir, 'node_modules');
    const { version } = readJson<{ version: string }>(join(modules, name, 'package.json'));
    const { packages } = readJson<NpmsLock>(join(modules, '.package-lock.json'));
    const [, commit] = /^git\+.*#(\w{7})/.exec(packages[`node_modules/${name}`]?.resolved ?? '') ?? [];
    return commit === undefined ? version : `${version} (${commit})`;
  } catch {
    return undefined;
  }
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function busy(what: string, work: () => Promise<unknown>): Promise<void> {
  if (!process.stderr.isTTY) return void (await work());
  action.start(what);
  try {
    await work();
    action.stop();
  } catch (error) {
    action.stop('failed');
    throw error;
  }
}
