import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findLocalCore, getInstallations, type ListedPlugin } from '@cooperbench/command/plugins';
import { ConfigError, PluginError } from '@cooperbench/core/errors';
import { type NpmOptions, npmInstall } from './npm.ts';

/** The package that npm installed in the directory of a plugin. */
export interface InstalledPackage {
  /** The version, with the commit of a git repository: `1.2.0 (1a2b3c4)`. */
  readonly version: string;
  /** The source of the content: the URL of a tarball, or of a repository with a commit. */
  readonly resolved: string | undefined;
  /** Names of the installed packages with install scripts: its own and those of its dependencies. */
  readonly withScripts: readonly string[];
}

/**
 * Installs the package that the user names: `NAME`, `NAME@RANGE`, a path or a URL. Does not change the list.
 * @throws ConfigError `PLUGIN_PATH`; PluginError `PLUGIN_COMMAND`.
 */
export async function install(
  pluginSpec: string,
  dataDir: string,
  npm: NpmOptions,
): Promise<{ listed: ListedPlugin; installed: InstalledPackage }> {
  const spec = getSpec(pluginSpec);
  const place = await mkdtemp(join(getInstallations(dataDir), 'npm-'));
  await writeFile(join(place, 'package.json'), '{ "private": true }\n');
  const core = findLocalCore();
  await installWithPeers(spec, place, npm, core === undefined);
  const { dependencies } = readJson<{ dependencies: Record<string, string> }>(place, 'package.json');
  const [name = '', savedRange = ''] = Object.entries(dependencies)[0] ?? [];
  const root = join(place, 'node_modules', name);
  const installed = readInstalled(root, name);
  if (installed === undefined) throw new PluginError('PLUGIN_SHAPE', `${pluginSpec} is not an npm package.`);
  if (core) {
    await mkdir(join(place, 'node_modules/@cooperbench'), { recursive: true });
    await symlink(core, join(place, 'node_modules', '@cooperbench/core'));
  }
  const updatable = !/^(file|https?):/.test(savedRange);
  return { listed: { name, type: 'user', root, ...(updatable && { spec }) }, installed };
}

/**
 * Installs a package and the peers of all packages, but not core: the plugin gets that of this command, see bin/run.js. npm by
 * itself would give each plugin a copy. In a clone, none of our packages may be on npm.
 */
async function installWithPeers(
  spec: string,
  place: string,
  npm: NpmOptions,
  isReleased: boolean,
): Promise<void> {
  const options = ['--legacy-peer-deps'];
  await npmInstall([spec], place, { ...npm, options });
  const ownPackages = isReleased ? /^@cooperbench\/(core|command)$/ : /^@cooperbench\//;
  // Peers may have peers. npm removes what earlier calls added and this one does not name.
  const specs = new Set<string>();
  for (;;) {
    const { packages } = readJson<NpmLock>(place, 'node_modules/.package-lock.json');
    const missing = listMissingPeers(packages).filter(([name]) => !ownPackages.test(name));
    const knownCount = specs.size;
    for (const [name, range] of missing) specs.add(`${name}@${range}`);
    if (specs.size === knownCount) return;
    await npmInstall([...specs], place, { ...npm, options: [...options, '--no-save'], peersOf: spec });
  }
}

function listMissingPeers(packages: NpmLock['packages']): [name: string, range: string][] {
  const peers = Object.values(packages).flatMap(({ peerDependencies = {}, peerDependenciesMeta = {} }) =>
    Object.entries(peerDependencies).filter(([name]) => !peerDependenciesMeta[name]?.optional),
  );
  const isMissing = ([name]: [string, string]): boolean =>
    !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`));
  return [...new Map(peers.filter(isMissing))];
}

/** Reads an installed package. Returns undefined if it is missing or incomplete. */
export function readInstalled(root: string, name: string): InstalledPackage | undefined {
  try {
    const { version, scripts } = readJson<{ version: string; scripts?: { prepare?: string } }>(
      root,
      'package.json',
    );
    const modules = root.slice(0, -name.length);
    const { packages } = readJson<NpmLock>(modules, '.package-lock.json');
    const { resolved } = packages[`node_modules/${name}`] ?? {};
    const commit = /^git\+.*#(\w{7})/.exec(resolved ?? '')?.[1];
    const withScripts = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript ? [path.replace(/^.*node_modules\//, '')] : [],
    );
    // npm builds a repository or a directory with this script, and does not record it.
    const isBuilt = scripts?.prepare !== undefined && /^(git\+|file:)/.test(resolved ?? '');
    return {
      version: commit ? `${version} (${commit})` : version,
      resolved,
      withScripts: [...new Set([...(isBuilt ? [name] : []), ...withScripts])],
    };
  } catch {
    return undefined;
  }
}

interface NpmLock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly resolved?: string;
        readonly hasInstallScript?: true;
        readonly peerDependencies?: Readonly<Record<string, string>>;
        readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
      }
    >
  >;
}

/** Makes a path absolute, because npm runs in another directory. @throws ConfigError `PLUGIN_PATH`. */
function getSpec(spec: string): string {
  const isPath = /^(\.|\/)/.test(spec) || (/\.(tgz|tar|tar\.gz)$/.test(spec) && !spec.includes(':'));
  if (!isPath) return spec;
  const path = resolve(spec);
  const unbuilt = existsSync(join(path, 'node_modules')) ? undefined : findMissingBuild(path);
  if (unbuilt !== undefined)
    throw new ConfigError('PLUGIN_PATH', `${path} is not built: it has no ${unbuilt}, and no node_modules.`, {
      hint: 'Run npm install and the build of the plugin there first.',
    });
  if (existsSync(path)) return path;
  throw new ConfigError('PLUGIN_PATH', `${path} does not exist.`, {
    hint: 'Name a directory with a package.json, a tarball made by npm pack, a package or a git URL.',
  });
}

/**
 * Finds the file or folder of a plugin's package that its build makes and that is not there. Returns undefined if nothing is
 * missing, or it is no package.
 */
export function findMissingBuild(root: string): string | undefined {
  try {
    const { oclif } = readJson<{
      oclif?: { hooks?: Record<string, string>; commands?: { target?: string } };
    }>(root, 'package.json');
    const targets = [oclif?.hooks?.['cooperbench:plugin'], oclif?.commands?.target];
    return targets.find(
      (path) => typeof path === 'string' && ['', '.js'].every((end) => !existsSync(join(root, path + end))),
    );
  } catch {
    return undefined;
  }
}

function readJson<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}
