import type { LeftOut, Plugin } from '@cooperbench/core';
import { PluginError } from '@cooperbench/core/errors';
import { bundled } from './bundled.ts';
import { loadPlugin, type PluginSource } from './load.ts';

/** What one place has: oclif's folder, a configuration file. */
export interface FoundPlugins {
  readonly plugins: readonly Plugin[];
  /** What is there and cannot be used. */
  readonly leftOut: readonly LeftOut[];
}

/** Loads each, in this order. One that cannot be used keeps no other from being. */
export async function loadAll(sources: readonly PluginSource[]): Promise<FoundPlugins> {
  const plugins: Plugin[] = [];
  const leftOut: LeftOut[] = [];
  const outcomes = await Promise.allSettled(sources.map(loadPlugin));
  for (const [index, outcome] of outcomes.entries()) {
    const source = sources[index];
    if (outcome.status === 'fulfilled') plugins.push(outcome.value);
    else if (source && PluginError.is(outcome.reason))
      leftOut.push({ name: source.name, error: outcome.reason });
    else throw outcome.reason;
  }
  return { plugins, leftOut };
}

/**
 * What several places have together. Of two with one package's name the earlier place wins, also when its own cannot be
 * used: what runs is never a version that nobody asked for.
 */
export async function together(...places: readonly FoundPlugins[]): Promise<FoundPlugins> {
  const { admit } = await import('@cooperbench/core');
  const byName = new Map<string, Plugin>();
  const broken = new Map<string, LeftOut>();
  const taken = (name: string): boolean => byName.has(name) || broken.has(name);
  for (const { plugins, leftOut } of places) {
    for (const plugin of plugins) if (!taken(plugin.name)) byName.set(plugin.name, plugin);
    for (const plugin of leftOut) if (!taken(plugin.name)) broken.set(plugin.name, plugin);
  }
  const admitted = admit([...byName.values()], new Set(bundled));
  return { plugins: admitted.plugins, leftOut: [...broken.values(), ...admitted.leftOut] };
}

/** Why plugins are left out, a text each: what two of them have in common is said once. */
export function reasons(leftOut: readonly LeftOut[]): string[] {
  return [...new Set(leftOut.map(({ error }) => `${error.message}${error.hint ? `\n${error.hint}` : ''}`))];
}
