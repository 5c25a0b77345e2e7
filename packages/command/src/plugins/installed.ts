import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PluginError } from '@cooperbench/core/errors';
import type { LeftOutPlugin } from '@cooperbench/core/host';
import type { Config } from '@oclif/core/interfaces';
import { clonePackages } from './clone.ts';
import { type FoundPlugins, loadAll } from './found-plugins.ts';
import { createNotBuiltError, type PluginSource } from './load.ts';
import { changeList, type ListedPlugin, listListedPlugins, lockPlugins } from './plugin-list.ts';

/** The part of oclif's plugins that CooperBench uses. */
export interface OclifPlugin {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly root: string;
  readonly commandIDs: readonly string[];
  readonly hooks: Readonly<Record<string, readonly { readonly target: string }[]>>;
  readonly pjson: object;
}

/** Loads bundled, installed and linked plugins. Recognises them by their hook `cooperbench:plugin`. */
export async function loadInstalledPlugins(
  config: Pick<Config, 'getPluginsList' | 'dataDir' | 'pjson'>,
): Promise<FoundPlugins> {
  const loadedPlugins: OclifPlugin[] = config.getPluginsList();
  const foundPlugins = await loadAll(listPluginPackages(loadedPlugins, readHanging(config.dataDir)));
  const hung = foundPlugins.leftOut
    .filter(({ error }) => error.code === 'PLUGIN_HANG')
    .map(({ name }) => name);
  const roots = loadedPlugins.filter(({ name }) => hung.includes(name)).map(({ root }) => root);
  if (roots.length > 0) await markHanging(config.dataDir, roots);
  const leftOut = [...foundPlugins.leftOut, ...listMissing(config.dataDir, loadedPlugins)];
  // In a clone, all of its plugins come with the command.
  const bundled = [...(config.pjson.oclif.plugins ?? []), ...clonePackages().map(({ name }) => name)];
  return { ...foundPlugins, leftOut, bundled };
}

/** Lists the plugins of oclif that are plugins of CooperBench, sorted by name. */
export function listPluginPackages(
  loadedPlugins: readonly OclifPlugin[],
  hanging: readonly ListedPlugin[] = [],
): PluginSource[] {
  return [...loadedPlugins]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((plugin) =>
      listPackages(
        plugin,
        hanging.some(({ root }) => root === plugin.root),
      ),
    );
}

/** Listed plugins whose import did not end when it was last tried. */
function readHanging(dataDir: string): readonly ListedPlugin[] {
  try {
    return listListedPlugins(dataDir).filter(({ hangs }) => hangs);
  } catch {
    return [];
  }
}

/**
 * Spares the next command the wait for the plugins in these directories. A plugin that is only tried out is in another
 * directory than the listed one of its name.
 */
async function markHanging(dataDir: string, roots: readonly string[]): Promise<void> {
  const isMeant = ({ root, hangs }: ListedPlugin): boolean => roots.includes(root) && !hangs;
  try {
    if (!listListedPlugins(dataDir).some(isMeant)) return;
    await using _lock = await lockPlugins(dataDir);
    const matchingPlugins = listListedPlugins(dataDir).filter(isMeant);
    await changeList(
      dataDir,
      matchingPlugins.map((plugin) => ({ ...plugin, hangs: true })),
    );
  } catch {
    // The list is locked or cannot be written. The next command waits again.
  }
}

function listPackages(plugin: OclifPlugin, hangs: boolean): PluginSource[] {
  const { name, version, hooks } = plugin;
  const { peerDependencies } = plugin.pjson as { peerDependencies?: Readonly<Record<string, string>> };
  return (hooks['cooperbench:plugin'] ?? []).map(({ target }) => ({
    name,
    version,
    // The command line and its bundled plugins are released together.
    coreRange: plugin.type === 'core' ? undefined : peerDependencies?.['@cooperbench/core'],
    load: async () => {
      if (hangs)
        throw new PluginError('PLUGIN_HANG', formatHangText(plugin), { hint: formatAgainOr(plugin) });
      return import(pathToFileURL(getFile(plugin, target)).href);
    },
    remedy: formatRemedyFor(plugin),
  }));
}

/** Returns the file of a hook, whose name may lack its ending. @throws PluginError for a linked plugin that is not built. */
function getFile({ name, version, type, root }: OclifPlugin, target: string): string {
  try {
    return createRequire(join(root, 'package.json')).resolve(join(root, target));
  } catch (error) {
    throw type === 'link' ? createNotBuiltError(`Plugin ${name} ${version}`, root, target) : error;
  }
}

function formatHangText({ name, version }: OclifPlugin): string {
  return `Plugin ${name} ${version} is not imported any more, because its import did not end.`;
}

function formatAgainOr(plugin: OclifPlugin): string {
  if (plugin.type !== 'link') return formatRemedyFor(plugin);
  return `Fix it in ${plugin.root} and link it again, or remove it: cooperbench plugins uninstall ${plugin.name}.`;
}

function formatRemedyFor({ name, type, root }: Pick<OclifPlugin, 'name' | 'type' | 'root'>): string {
  if (type === 'core') return 'Install cooperbench again.';
  const remove = `remove it: cooperbench plugins uninstall ${name}`;
  if (type === 'link') return `Fix it in ${root}, or ${remove}.`;
  return `Install another version of it: cooperbench plugins install ${name}@VERSION; or ${remove}.`;
}

/** Listed plugins that oclif could not find or read. Its own warning does not help users. */
function listMissing(dataDir: string, loadedPlugins: readonly OclifPlugin[]): LeftOutPlugin[] {
  try {
    const missingPlugins = listListedPlugins(dataDir).filter(
      ({ name }) => !loadedPlugins.some((plugin) => plugin.name === name),
    );
    return missingPlugins.map(({ name, type, root }) => ({
      name,
      error: new PluginError('PLUGIN_GONE', `Plugin ${name} is missing from ${root}, or incomplete.`, {
        hint: `${type === 'link' ? 'Link' : 'Install'} it again, or remove it: cooperbench plugins uninstall ${name}.`,
      }),
    }));
  } catch (error) {
    if (PluginError.is(error)) return [{ name: 'an installed plugin', error }];
    throw error;
  }
}
