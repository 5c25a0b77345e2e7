import type { Plugin } from '@cooperbench/core';
import { PluginError } from '@cooperbench/core/errors';
import type { LeftOutPlugin } from '@cooperbench/core/host';
import { loadPlugin, type PluginSource } from './load.ts';

/** The plugins of one source: those that oclif knows, or those that a configuration names. */
export interface FoundPlugins {
  readonly plugins: readonly Plugin[];
  /** Plugins that cannot be used. */
  readonly leftOut: readonly LeftOutPlugin[];
  /** What may be wrong with plugins that can be used. */
  readonly warnings: ReadonlyMap<Plugin, string>;
  /** Plugins that a configuration names, with the position of each and its directory or file. */
  readonly named?: ReadonlyMap<string, NonNullable<PluginSource['named']>>;
  /** Names of the plugins that come with the command, whichever version of them is used. */
  readonly bundled?: readonly string[];
}

/** Loads plugins. A plugin that cannot be used does not affect the others. */
export async function loadAll(sources: readonly PluginSource[]): Promise<FoundPlugins> {
  const plugins: Plugin[] = [];
  const leftOut: LeftOutPlugin[] = [];
  const warnings = new Map<Plugin, string>();
  const declarations = new Map<string, NonNullable<PluginSource['named']>>();
  const outcomes = await Promise.allSettled(sources.map(loadPlugin));
  for (const [index, outcome] of outcomes.entries()) {
    const source = sources[index];
    const name = outcome.status === 'fulfilled' ? outcome.value.plugin.name : (source?.name ?? '');
    if (source?.named && !declarations.has(name)) declarations.set(name, source.named);
    if (outcome.status === 'fulfilled') {
      const { plugin, warning } = outcome.value;
      plugins.push(plugin);
      if (warning !== undefined) warnings.set(plugin, warning);
    } else if (source && PluginError.is(outcome.reason))
      leftOut.push({ name: source.name, error: outcome.reason });
    else throw outcome.reason;
  }
  return { plugins, leftOut, warnings, named: declarations };
}

/**
 * Merges the plugins of several sources. Of two plugins with the same name, the first source wins, even if its plugin is
 * broken. A file that cannot be loaded has no name and shadows nothing. For names of agents and the like, bundled plugins
 * take precedence, then the plugins that the project names.
 */
export async function mergePlugins(...places: readonly FoundPlugins[]): Promise<FoundPlugins> {
  const { builtins, resolveNameConflicts } = await import('@cooperbench/core/host');
  const byName = new Map<string, Plugin>();
  const brokenPlugins = new Map<string, LeftOutPlugin>();
  const isTaken = (name: string): boolean => byName.has(name) || brokenPlugins.has(name);
  for (const { plugins, leftOut } of places) {
    for (const plugin of plugins) if (!isTaken(plugin.name)) byName.set(plugin.name, plugin);
    for (const plugin of leftOut) if (!isTaken(plugin.name)) brokenPlugins.set(plugin.name, plugin);
  }
  const declarations = new Map(places.toReversed().flatMap((place) => [...(place.named ?? [])]));
  const bundled = places.flatMap((place) => place.bundled ?? []);
  const rank = ({ name }: Plugin): number => (bundled.includes(name) ? 0 : declarations.has(name) ? 1 : 2);
  const ranks = [0, 1, 2].map((rankNumber) =>
    [...byName.values()].filter((plugin) => rank(plugin) === rankNumber),
  );
  const findRemedy = (plugin: Plugin, otherPlugin: Plugin): string | undefined => {
    const declaration = rank(plugin) === 1 ? declarations.get(plugin.name) : undefined;
    const theirs = rank(otherPlugin) === 1 ? declarations.get(otherPlugin.name) : undefined;
    if (declaration && theirs) return 'Remove one of them from "plugins", or rename what it provides.';
    if (declaration)
      return `Remove ${plugin.name} from "plugins" (${declaration.at}), or rename what it provides.`;
    if (theirs)
      return `${theirs.at} names ${otherPlugin.name}, which takes precedence. Uninstall ${plugin.name} (cooperbench plugins uninstall ${plugin.name}), or rename what ${otherPlugin.name} provides.`;
    return undefined;
  };
  const resolved = resolveNameConflicts(builtins, ranks, findRemedy);
  const warnings = new Map(places.flatMap((place) => [...place.warnings]));
  for (const plugin of warnings.keys()) if (!resolved.plugins.includes(plugin)) warnings.delete(plugin);
  return {
    ...resolved,
    leftOut: [...brokenPlugins.values(), ...resolved.leftOut],
    warnings,
    named: declarations,
  };
}

/** Lists the reasons why plugins are left out, and what may be wrong with others, each once. */
export function listReasons({ leftOut, warnings }: FoundPlugins): string[] {
  const left = leftOut.map(({ error }) => `${error.message}${error.hint ? `\n${error.hint}` : ''}`);
  return [...new Set([...left, ...warnings.values()])];
}
