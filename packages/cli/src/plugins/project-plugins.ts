import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '@cooperbench/core';
import { CooperBenchError, messageOf, PluginError } from '@cooperbench/core/errors';

/** A plugin that a configuration file names, or in code is. */
export interface PluginEntry {
  readonly plugin: unknown;
  /** Its place in the file's list. */
  readonly index: number;
  readonly source: { readonly path: string; at(path: readonly string[]): string };
}

/**
 * The plugins that configuration files name: packages that the file's own folder can import, and files relative to it. Of
 * two that are the same package, the last counts. @throws PluginError `PLUGIN_MISSING`, `PLUGIN_LOAD`, `PLUGIN_SHAPE`.
 */
export async function projectPlugins(entries: readonly PluginEntry[]): Promise<Plugin[]> {
  const plugins = new Map<string, Plugin>();
  for (const entry of entries) {
    const plugin = await load(entry);
    plugins.delete(plugin.name);
    plugins.set(plugin.name, plugin);
  }
  return [...plugins.values()];
}

/** A project's own copy of an installed plugin replaces it. */
export function withProjectPlugins(installed: readonly Plugin[], project: readonly Plugin[]): Plugin[] {
  return [...installed.filter(({ name }) => !project.some((own) => own.name === name)), ...project];
}

async function load(entry: PluginEntry): Promise<Plugin> {
  const { plugin, index, source } = entry;
  const where = source.at(['plugins', String(index)]);
  if (typeof plugin !== 'string') return pluginOf(plugin, `${where}: plugins.${index}`);
  const file = /^\.{0,2}\//.test(plugin)
    ? fileOf(plugin, source.path, where)
    : hookOf(plugin, source.path, where);
  let module: { readonly default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
    return pluginOf(module.default, `${where}: ${plugin}`);
  } catch (error) {
    if (CooperBenchError.is(error)) throw error;
    throw new PluginError('PLUGIN_LOAD', `${where}: ${plugin} could not be loaded: ${messageOf(error)}`, {
      hint: `Mend it, or take it out of "plugins".`,
      cause: error,
    });
  }
}

function fileOf(plugin: string, from: string, where: string): string {
  const file = resolve(dirname(from), plugin);
  if (existsSync(file)) return file;
  throw new PluginError('PLUGIN_MISSING', `${where}: there is no file ${file}.`, {
    hint: 'A path under "plugins" is relative to the file that names it.',
  });
}

/** The file that a package's package.json names as the hook `cooperbench:plugin`. */
function hookOf(name: string, from: string, where: string): string {
  const manifest = manifestOf(name, from);
  if (manifest === undefined)
    throw new PluginError('PLUGIN_MISSING', `${where}: the package ${name} is not installed.`, {
      hint: `Install it: npm install --save-dev ${name}, in ${dirname(from)}. A file's name begins with ./ here.`,
    });
  const { oclif } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    oclif?: { hooks?: Record<string, unknown> };
  };
  const hook = [oclif?.hooks?.['cooperbench:plugin']].flat()[0];
  const target = typeof hook === 'object' ? (hook as { target?: unknown } | null)?.target : hook;
  if (typeof target === 'string') return resolve(dirname(manifest), target);
  throw new PluginError('PLUGIN_SHAPE', `${where}: the package ${name} is no plugin of CooperBench.`, {
    hint: 'The package.json of one names its file as the oclif hook "cooperbench:plugin".',
  });
}

function manifestOf(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(from));
  } catch {
    return undefined;
  }
}

function pluginOf(value: unknown, where: string): Plugin {
  const plugin: unknown = typeof value === 'function' ? value() : value;
  if (typeof plugin === 'object' && plugin !== null && 'name' in plugin && 'apiVersion' in plugin)
    return plugin as Plugin;
  throw new PluginError('PLUGIN_SHAPE', `${where} does not give what definePlugin returns.`, {
    hint: 'The file must default-export definePlugin({ … }).',
  });
}
