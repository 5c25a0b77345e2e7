import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clonePackages, loadPlugin, readPackage } from '@cooperbench/command/plugins';
import type { Plugin } from '@cooperbench/core';

interface Manifest {
  readonly oclif: { readonly plugins: readonly string[] };
}

/** Returns the packages that oclif loads by default. Some have commands only. */
const pluginNames = (createRequire(import.meta.url)('../../package.json') as Manifest).oclif.plugins;

/** Loads the default plugins, for programs. @throws PluginError. */
export async function readDefaultPlugins(): Promise<Plugin[]> {
  const ownPackages = pluginNames.flatMap(
    (name) => readPackage(dirname(findPackageJSON(name, import.meta.url) ?? '')) ?? [],
  );
  const otherPackages = clonePackages().filter(({ name }) => !pluginNames.includes(name));
  const sources = [...ownPackages, ...otherPackages].flatMap(({ name, root, plugin }) => {
    if (plugin === undefined) return [];
    // By its name where possible, so that a program in a clone may import sources.
    const specifier = pluginNames.includes(name) ? name : pathToFileURL(join(root, plugin)).href;
    return [{ name, load: () => import(specifier), remedy: 'Install cooperbench again.' }];
  });
  return Promise.all(sources.map(async (source) => (await loadPlugin(source)).plugin));
}
