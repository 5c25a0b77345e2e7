import type { LeftOut, Plugin } from '@cooperbench/core';
import { PluginError } from '@cooperbench/core/errors';
import { bundled } from './bundled.ts';
import { loadPlugin, type PluginPackage } from './load.ts';

/** What one place has: oclif's folder, a configuration file. */
export interface FoundPlugins {
  readonly plugins: readonly Plugin[];
  /** What is there and cannot be used. */
  readonly leftOut: readonly LeftOut[];
}

/** Loads each. One that cannot be used keeps no other from being. */
export async function loadAll(packages: readonly PluginPackage[]): Promise<FoundPlugins> {
  const plugins: Plugin[] = [];
  const leftOut: LeftOut[] = [];
  const outcomes = await Promise.allSettled(packages.map(loadPlugin));
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') plugins.push(outcome.value);
    else if (PluginError.is(outcome.reason))
      leftOut.push({ name: packages[index]?.name ?? '', error: outcome.reason });
    else throw outcome.reason;
  }
  return { plugins, leftOut };
}

/** What several places have together. Of two with one package's name the earlier place wins. */
export async function together(...places: readonly FoundPlugins[]): Promise<FoundPlugins> {
  const { admit } = await import('@cooperbench/core');
  const byName = new Map<string, Plugin>();
  for (const plugin of places.flatMap(({ plugins }) => plugins))
    if (!byName.has(plugin.name)) byName.set(plugin.name, plugin);
  const admitted = admit([...byName.values()], new Set(bundled));
  const broken = places.flatMap(({ leftOut }) => leftOut).filter(({ name }) => !byName.has(name));
  return { plugins: admitted.plugins, leftOut: [...broken, ...admitted.leftOut] };
}

/** Why plugins are left out, a text each: what two of them have in common is said once. */
export function reasons(leftOut: readonly LeftOut[]): string[] {
  return [...new Set(leftOut.map(({ error }) => `${error.message}${error.hint ? `\n${error.hint}` : ''}`))];
}
