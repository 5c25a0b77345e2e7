import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PluginError } from '@cooperbench/core/errors';
import type { AllowCode, PluginEntry } from '../config/configuration.ts';
import { clonePackages } from './clone.ts';
import { type FoundPlugins, loadAll } from './found-plugins.ts';
import { importProjectFile } from './import-project-file.ts';
import type { PluginSource } from './load.ts';
import { resolveFolder, resolvePluginSource } from './project-package.ts';

/**
 * Loads the plugins that configuration files name: packages that the file's directory can import, and paths relative to the
 * file. Of two entries for the same package, the last one counts. Asks `allowCode` once about all plugins that a project's
 * files name. It is not asked about the user's own files, packages of the clone, and plugins in a file of code, which has run.
 */
export async function loadProjectPlugins(
  entries: readonly PluginEntry[],
  allowCode: AllowCode = async () => true,
): Promise<FoundPlugins> {
  const sources = entries.map((entry) => ({ entry, plugin: resolveSource(entry) }));
  const code = sources.filter(({ entry, plugin }) => isCodeOfProject(entry, plugin));
  const [first] = code;
  const names = code.map(({ plugin: { named, name } }) => `${named?.at}: plugin ${name}`);
  const isAllowed =
    !first || (await allowCode({ kind: 'plugins', folder: first.entry.source.folder, names }));
  const loaded = isAllowed ? sources : sources.filter((source) => !code.includes(source));
  return loadAll(loaded.map(({ plugin }) => plugin).reverse());
}

function isCodeOfProject({ plugin, source }: PluginEntry, { named }: PluginSource): boolean {
  if (source.owner === 'user' || typeof plugin !== 'string') return false;
  return !clonePackages().some(({ root }) => resolveRealPath(root) === resolveRealPath(named?.root ?? ''));
}

function resolveRealPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

function resolveSource({ plugin, index, source }: PluginEntry): PluginSource {
  const place = source.at(['plugins', String(index)]);
  if (typeof plugin !== 'string') {
    const name = `plugins.${index}`;
    const version = findContentVersion(source.path);
    const declaration = { at: place, root: source.path };
    const load = async (): Promise<object> => toExports(plugin);
    return { name, anyName, title: `${place}: ${name}`, version, load, remedy, named: declaration };
  }
  if (!/^(\/|\.{1,2}(\/|$))/.test(plugin)) return resolvePluginSource(plugin, source.path, place);
  const path = resolve(dirname(source.path), plugin);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? resolveFolder(plugin, path, place) : resolveFile(plugin, path, place);
}

const anyName = true;
const remedy = 'Fix it, or remove it from "plugins".';

function resolveFile(name: string, file: string, place: string): PluginSource {
  const load = async (): Promise<object> => {
    if (existsSync(file)) return toExports(((await importProjectFile(file)) as Exports).default);
    throw new PluginError('PLUGIN_MISSING', `${place}: the file ${file} does not exist.`, {
      hint: 'A path under "plugins" is relative to the file that names it.',
    });
  };
  const version = findContentVersion(file);
  return {
    name,
    anyName,
    title: `${place}: ${name}`,
    version,
    load,
    remedy,
    named: { at: place, root: file },
  };
}

/** Identifies the content of a plugin without a version in results. Covers this file, but not its imports. */
function findContentVersion(file: string): string | undefined {
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
function toExports(plugin: unknown): Exports {
  return { default: typeof plugin === 'object' && plugin !== null ? () => plugin : plugin };
}
