import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PluginError } from '@cooperbench/core/errors';
import { type FoundPlugins, loadAll } from './found-plugins.ts';
import type { PluginSource } from './load.ts';
import { folderOf, packageOf } from './project-package.ts';

/** A plugin in a configuration: a name, a path, or (in a file of code) the plugin itself. */
export interface PluginEntry {
  readonly plugin: unknown;
  /** Its position in the file's list. */
  readonly index: number;
  readonly source: { readonly path: string; at(path: readonly string[]): string };
}

/**
 * Loads the plugins that configuration files name: packages that the file's directory can import, and paths relative to the
 * file. Of two entries for the same package, the last one counts.
 */
export function projectPlugins(entries: readonly PluginEntry[]): Promise<FoundPlugins> {
  return loadAll(entries.map(sourceOf).reverse());
}

function sourceOf({ plugin, index, source }: PluginEntry): PluginSource {
  const at = source.at(['plugins', String(index)]);
  if (typeof plugin !== 'string') {
    const name = `plugins.${index}`;
    const version = contentVersion(source.path);
    const named = { at, root: source.path };
    const load = async (): Promise<object> => exporting(plugin);
    return { name, anyName, title: `${at}: ${name}`, version, load, remedy, named };
  }
  if (!/^(\/|\.{1,2}(\/|$))/.test(plugin)) return packageOf(plugin, source.path, at);
  const path = resolve(dirname(source.path), plugin);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? folderOf(plugin, path, at) : fileOf(plugin, path, at);
}

const anyName = true;
const remedy = 'Fix it, or remove it from "plugins".';

function fileOf(name: string, file: string, at: string): PluginSource {
  const load = async (): Promise<object> => {
    if (existsSync(file)) return exporting(((await import(pathToFileURL(file).href)) as Exports).default);
    throw new PluginError('PLUGIN_MISSING', `${at}: the file ${file} does not exist.`, {
      hint: 'A path under "plugins" is relative to the file that names it.',
    });
  };
  const version = contentVersion(file);
  return { name, anyName, title: `${at}: ${name}`, version, load, remedy, named: { at, root: file } };
}

/** Identifies the content of a plugin without a version in results. Covers this file, but not its imports. */
function contentVersion(file: string): string | undefined {
  try {
    return `sha256:${createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)}`;
  } catch {
    return undefined;
  }
}

interface Exports {
  readonly default?: unknown;
}

/** A file may export the plugin itself in place of a function that returns it. */
function exporting(plugin: unknown): Exports {
  return { default: typeof plugin === 'object' && plugin !== null ? () => plugin : plugin };
}
