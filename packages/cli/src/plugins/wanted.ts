import { existsSync } from 'node:fs';
import { ConfigError, PluginError } from '@cooperbench/core/errors';
import { keep, packed } from './local-package.ts';
import { type Npm, type NpmProblem, readSpec } from './npm.ts';
import type { Listed } from './oclifs-list.ts';

/** Of a package.json, what decides whether it can be a plugin here. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly oclif?: {
    readonly hooks?: Readonly<Record<string, unknown>>;
    readonly commands?: unknown;
    readonly plugins?: readonly string[];
  };
}

/** A package that somebody asked for, before anything of it is installed. */
export interface Wanted {
  readonly manifest: PackageManifest;
  /** What npm is told to install: the version that was looked at; of a URL or a git repository what it has then. */
  readonly spec: string;
  readonly listed: Listed;
}

const fields = ['name', 'version', 'dist-tags', 'peerDependencies', 'oclif'];

/**
 * Looks up what a user typed. What is on this machine is kept in the data folder.
 * @throws ConfigError `PLUGIN_PATH`; PluginError `PLUGIN_COMMAND`, `PLUGIN_VERSION`, `PLUGIN_PACK`.
 */
export async function lookUp(asked: string, npm: Npm, dataDir: string): Promise<Wanted> {
  const understood = readSpec(asked);
  if (understood === undefined)
    throw new PluginError('PLUGIN_COMMAND', `cooperbench ${npm.command} failed: Invalid npm package name.`, {
      hint: nameHint,
    });
  const { type, name, fetchSpec } = understood;
  if (type === 'file' || type === 'directory') return ofThisMachine(fetchSpec ?? asked, npm, dataDir);
  if (type === 'remote')
    return packed(asked, npm, async ({ manifest }) => fromUrl(manifest as PackageManifest, asked));
  if (type === 'git')
    return fromUrl(JSON.parse(await npm.run('view', asked, ...fields)) as PackageManifest, asked);
  return fromRegistry(asked, name ?? asked, npm);
}

/** What to look up for a newer version of an installed plugin; undefined when it came from a tarball or a folder. */
export function updatable({ type, name, tag = 'latest', url }: Listed): string | undefined {
  if (type === 'link') return undefined;
  if (url === undefined) return `${name}@${tag}`;
  return readSpec(url)?.type === 'git' ? url : undefined;
}

const nameHint = 'Check the name of the package; a path begins with ./ here.';

function fromUrl(manifest: PackageManifest, url: string): Wanted {
  return { manifest, spec: url, listed: { name: manifest.name, type: 'user', url } };
}

function ofThisMachine(path: string, npm: Npm, dataDir: string): Promise<Wanted> {
  if (!existsSync(path)) {
    throw new ConfigError('PLUGIN_PATH', `There is no ${path}.`, {
      hint: 'Name a folder with a package.json, a tarball made by npm pack, a package or a git URL.',
    });
  }
  return packed(path, npm, async ({ manifest, tarball }) =>
    fromUrl(manifest as PackageManifest, `file:${await keep(tarball, dataDir)}`),
  );
}

async function fromRegistry(asked: string, name: string, npm: Npm): Promise<Wanted> {
  const tag = asked.slice(name.length + 1) || 'latest';
  const found = await inRegistry(name, tag, npm);
  const spec = `${found.name}@${found.version}`;
  // A registry may keep only the keys of a package.json that it knows.
  const manifest = found.oclif ? found : await packed(spec, npm, async (whole) => whole.manifest);
  return {
    manifest: manifest as PackageManifest,
    spec,
    listed: { name: found.name, type: 'user', tag },
  };
}

type InRegistry = PackageManifest & { readonly 'dist-tags'?: { readonly latest?: string } };

/** Of several versions that fit a range, the one that npm would take. */
async function inRegistry(name: string, tag: string, npm: Npm): Promise<PackageManifest> {
  try {
    const fitting = [JSON.parse(await npm.run('view', `${name}@${tag}`, ...fields))].flat() as InRegistry[];
    const latest = fitting.find((one) => one.version === one['dist-tags']?.latest);
    const newest = latest ?? fitting.at(-1);
    if (newest) return newest;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  throw await missing(name, tag, npm);
}

/** How many of a package's versions are named. */
const shown = 5;

async function missing(name: string, tag: string, npm: Npm): Promise<PluginError> {
  try {
    const versions = ([JSON.parse(await npm.run('view', name, 'versions'))].flat() as string[]).reverse();
    const more = versions.length > shown ? ', …' : '';
    return new PluginError('PLUGIN_VERSION', `${name} has no version ${tag}.`, {
      hint: `It has ${versions.slice(0, shown).join(', ')}${more}.`,
    });
  } catch (error) {
    if (!isMissing(error)) throw error;
    return new PluginError(
      'PLUGIN_COMMAND',
      `cooperbench ${npm.command} failed: ${name} does not exist in the registry.`,
      { hint: nameHint, cause: error },
    );
  }
}

function isMissing(error: unknown): boolean {
  return PluginError.is(error) && (error.cause as NpmProblem | undefined)?.code === 'E404';
}
