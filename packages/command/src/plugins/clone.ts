import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A package that is a plugin or has commands. */
export interface PluginPackage {
  readonly name: string;
  /** Absolute path. */
  readonly root: string;
  /** The file that default-exports the plugin, relative to `root`. If it is absent, the package has commands only. */
  readonly plugin?: string | undefined;
}

/** Returns the clone that contains this file. Returns undefined if CooperBench is installed. */
export function cloneRoot(): string | undefined {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const isInstalled = import.meta.url.includes('/node_modules/');
  return isInstalled || !existsSync(join(root, 'pnpm-workspace.yaml')) ? undefined : root;
}

/** Returns whether this version was never released, so that npm has none of its packages. */
export function isUnreleased(): boolean {
  return createRequire(import.meta.url)('../../package.json').version === '0.0.0';
}

/**
 * Finds the directory of `@cooperbench/core` for plugins that are installed or created here. Returns undefined if npm has it.
 */
export function findLocalCore(): string | undefined {
  if (cloneRoot() === undefined && !isUnreleased()) return undefined;
  return realpathSync(dirname(findPackageJSON('@cooperbench/core', import.meta.url) ?? ''));
}

/** Finds the packages of the clone that are plugins or have commands. None: CooperBench is installed. */
export function clonePackages(): readonly PluginPackage[] {
  const clone = cloneRoot();
  if (clone === undefined) return [];
  const packages = join(clone, 'packages');
  return readdirSync(packages).flatMap((folder) => {
    const plugin = readPackage(join(packages, folder));
    return plugin === undefined || plugin.name === 'cooperbench' ? [] : [plugin];
  });
}

/** Reads a package. Returns undefined if it is no plugin and has no commands. */
export function readPackage(root: string): PluginPackage | undefined {
  const file = join(root, 'package.json');
  // Folders without a package.json stay when git changes to another branch.
  if (!existsSync(file)) return undefined;
  const { name, oclif } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  return oclif && { name, root, plugin: oclif.hooks?.['cooperbench:plugin'] };
}

interface Manifest {
  readonly name: string;
  readonly oclif?: { readonly hooks?: Readonly<Record<string, string>> };
}
