import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PluginError } from '@cooperbench/core/errors';
import { type FoundPlugins, loadAll } from './found.ts';
import type { PluginSource } from './load.ts';

/** A plugin that a configuration file names, or in code is. */
export interface PluginEntry {
  readonly plugin: unknown;
  /** Its place in the file's list. */
  readonly index: number;
  readonly source: { readonly path: string; at(path: readonly string[]): string };
}

/**
 * The plugins that configuration files name: packages that the file's own folder can import, and files relative to it. Of
 * two that are the same package, the last counts.
 */
export function projectPlugins(entries: readonly PluginEntry[]): Promise<FoundPlugins> {
  return loadAll(entries.map(sourceOf).reverse());
}

function sourceOf({ plugin, index, source }: PluginEntry): PluginSource {
  const where = source.at(['plugins', String(index)]);
  if (typeof plugin !== 'string') {
    const name = `plugins.${index}`;
    return { name, anyName, title: `${where}: ${name}`, load: async () => exporting(plugin), remedy };
  }
  return /^\.{0,2}\//.test(plugin)
    ? fileOf(plugin, source.path, where)
    : packageOf(plugin, source.path, where);
}

const anyName = true;
const remedy = 'Mend it, or take it out of "plugins".';

function fileOf(plugin: string, from: string, where: string): PluginSource {
  const file = resolve(dirname(from), plugin);
  const load = async (): Promise<object> => {
    if (existsSync(file)) return exporting(((await import(pathToFileURL(file).href)) as Exports).default);
    throw new PluginError('PLUGIN_MISSING', `${where}: there is no file ${file}.`, {
      hint: 'A path under "plugins" is relative to the file that names it.',
    });
  };
  return { name: plugin, anyName, title: `${where}: ${plugin}`, load, remedy };
}

interface Exports {
  readonly default?: unknown;
}

/** What is no package need not say so by a function: the plugin itself will do. */
function exporting(plugin: unknown): Exports {
  return { default: typeof plugin === 'object' && plugin !== null ? () => plugin : plugin };
}

interface Manifest {
  readonly version?: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly oclif?: { readonly hooks?: Readonly<Record<string, unknown>> };
}

function packageOf(name: string, from: string, where: string): PluginSource {
  const refused = (error: PluginError): PluginSource => ({ name, load: () => Promise.reject(error), remedy });
  const found = manifestOf(name, from);
  if (found === undefined)
    return refused(
      new PluginError('PLUGIN_MISSING', `${where}: the package ${name} is not installed.`, {
        hint: `Install it: npm install --save-dev ${name}, in ${dirname(from)}. A file's name begins with ./ here.`,
      }),
    );
  const { path, manifest } = found;
  const hook = [manifest.oclif?.hooks?.['cooperbench:plugin']].flat()[0];
  const target = typeof hook === 'object' ? (hook as { target?: unknown } | null)?.target : hook;
  if (typeof target !== 'string')
    return refused(
      new PluginError('PLUGIN_SHAPE', `${where}: the package ${name} is no plugin of CooperBench.`, {
        hint: 'The package.json of one names its file as the oclif hook "cooperbench:plugin".',
      }),
    );
  const { version, peerDependencies } = manifest;
  return {
    title: `${where}: ${version === undefined ? name : `${name} ${version}`}`,
    name,
    version,
    coreRange: peerDependencies?.['@cooperbench/core'],
    load: () => import(pathToFileURL(resolve(dirname(path), target)).href),
    remedy: `Install another version of it in ${dirname(from)}, or take it out of "plugins".`,
  };
}

function manifestOf(name: string, from: string): { path: string; manifest: Manifest } | undefined {
  try {
    const path = findPackageJSON(name, pathToFileURL(from));
    return path === undefined ? undefined : { path, manifest: JSON.parse(readFileSync(path, 'utf8')) };
  } catch {
    return undefined;
  }
}
