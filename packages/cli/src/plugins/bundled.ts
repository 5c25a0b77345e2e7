import type { Plugin } from '@cooperbench/core';
import { loadPlugin } from './load.ts';

/** Comes with the product; everything else is found by oclif. */
export const bundled: readonly string[] = [
  '@cooperbench/backend-local',
  '@cooperbench/backend-docker',
  '@cooperbench/agent-mini-swe',
  '@cooperbench/bus-redis',
];

/** The plugins that come with this package, for callers without a command line. @throws PluginError. */
export async function defaultPlugins(): Promise<Plugin[]> {
  return Promise.all(
    bundled.map((name) =>
      loadPlugin({ name, load: () => import(name), remedy: 'Install cooperbench again.' }),
    ),
  );
}
