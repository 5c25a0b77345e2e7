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
  const named = new Map<string, NonNullable<PluginSource['named']>>();
  const outcomes = await Promise.allSettled(sources.map(loadPlugin));
  for (const [index, outcome] of outcomes.entries()) {
    const source = sources[index];
    const name = outcome.status === 'fulfilled' ? outcome.value.plugin.name : (source?.name ?? '');
    if (source?.named && !named.has(name)) named.set(name, source.named);
    if (outcome.status === 'fulfilled') {
      const { plugin, warning } = outcome.value;
      plugins.push(plugin);
      if (warning !== undefined) warnings.set(plugin, warning);
    } else if (source && PluginError.is(outcome.reason))
      leftOut.push({ name: source.name, error: outcome.reason });
    else throw outcome.reason;
  }
  return { plugins, leftOut, warnings, named };
}

/**
 * Merges the plugins of several sources. Of two plugins with the same name, the first source wins, even if its plugin is
 * broken. A file that cannot be loaded has no name and shadows nothing. For names of agents and the like, bundled plugins
 * take precedence, then the plugins that the project names.
 */
export async function mergePlugins(...places: readonly FoundPlugins[]): Promise<FoundPlugins> {
  const { builtins, resolveNameConflicts } = await import('@cooperbench/core/host');
  const byName = new Map<string, Plugin>();
  const broken = new Map<string, LeftOutPlugin>();
  const isTaken = (name: string): boolean => byName.has(name) || broken.has(name);
  for (const { plugins, leftOut } of places) {
    for (const plugin of plugins) if (!isTaken(plugin.name)) byName.set(plugin.name, plugin);
    for (const plugin of leftOut) if (!isTaken(plugin.name)) broken.set(plugin.name, plugin);
  }
  const named = new Map(places.toReversed().flatMap((place) => [...(place.named ?? [])]));
  const bundled = places.flatMap((place) => place.bundled ?? []);
  const rank = ({ name }: Plugin): number => (bundled.includes(name) ? 0 : named.has(name) ? 1 : 2);
  const ranks = [0, 1, 2].map((wanted) => [...byName.values()].filter((plugin) => rank(plugin) === wanted));
  const remedy = (plugin: Plugin, other: Plugin): string | undefined => {
    const mine = rank(plugin) === 1 ? named.get(plugin.name) : undefined;
    const theirs = rank(other) === 1 ? named.get(other.name) : undefined;
    if (mine && theirs) return 'Remove one of them from "plugins", or rename what it provides.';
    if (mine) return `Remove ${plugin.name} from "plugins" (${mine.at}), or rename what it provides.`;
    if (theirs)
      return `${theirs.at} names ${other.name}, which takes precedence. Uninstall ${plugin.name} (cooperbench plugins uninstall ${plugin.name}), or rename what ${other.name} provides.`;
    return undefined;
  };
  const resolved = resolveNameConflicts(builtins, ranks, remedy);
  const warnings = new Map(places.flatMap((place) => [...place.warnings]));
  for (const plugin of warnings.keys()) if (!resolved.plugins.includes(plugin)) warnings.delete(plugin);
  return { ...resolved, leftOut: [...broken.values(), ...resolved.leftOut], warnings, named };
}

/** The reasons why plugins are left out, and what may be wrong with others, each once. */
export function reasons({ leftOut, warnings }: FoundPlugins): string[] {
  const left = leftOut.map(({ error }) => `${error.message}${error.hint ? `\n${error.hint}` : ''}`);
  return [...new Set([...left, ...warnings.values()])];
}
