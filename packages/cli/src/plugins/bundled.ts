import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '@cooperbench/core';
import { clonePackages } from './clone.ts';
import { loadPlugin } from './load.ts';

/** Plugins that cooperbench depends on. */
const bundled: readonly string[] = [
  '@cooperbench/backend-local',
  '@cooperbench/backend-docker',
  '@cooperbench/backend-modal',
  '@cooperbench/agent-mini-swe',
  '@cooperbench/agent-cli',
  '@cooperbench/agent-swe-agent',
  '@cooperbench/bus-redis',
];

/** Returns the names of the bundled plugins. In a clone, all of its plugins are bundled. */
export function bundledNames(): readonly string[] {
  return [...new Set([...bundled, ...clonePackages().map(({ name }) => name)])];
}

/** Loads the bundled plugins, for programs. @throws PluginError. */
export async function defaultPlugins(): Promise<Plugin[]> {
  const others = clonePackages().flatMap(({ name, root, plugin }) =>
    plugin === undefined || bundled.includes(name)
      ? []
      : [{ name, load: () => import(pathToFileURL(join(root, plugin)).href) }],
  );
  const sources = [...bundled.map((name) => ({ name, load: () => import(name) })), ...others];
  return Promise.all(
    sources.map((source) => loadPlugin({ ...source, remedy: 'Install cooperbench again.' })),
  );
}
