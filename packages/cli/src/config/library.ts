import type { Plugin, PluginHook } from '@cooperbench/core';
import { createContainer, type EvaluateOptions, tokens } from '@cooperbench/core/host';
import { defaultPlugins } from '../plugins/bundled.ts';
import { knownNames } from '../plugins/known-names.ts';
import { projectPlugins } from '../plugins/project-plugins.ts';
import { optionsFromFiles } from '../settings/library-options.ts';
import type { RunOptions } from '../settings/redis-url.ts';
import type { Configuration, FileContent, LoadOptions } from './configuration.ts';
import { readVariables } from './fit-plugin-options.ts';
import { loadConfiguration, originOf } from './load.ts';
import { baseUrlOfProject, seatsOfProject } from './origin.ts';

/** A configuration file. `plugins` are names of packages, paths that begin with `./`, or results of `definePlugin`. */
export type Config = Omit<FileContent, 'plugins'> & { plugins?: readonly (string | PluginHook | Plugin)[] };

/** Types a configuration file in TypeScript or JavaScript. Returns its argument. */
export function defineConfig(config: Config): Config {
  return config;
}

/** Options of `run` and `evaluate` from the configuration files. */
export interface LoadedConfig {
  readonly run: RunOptions & { readonly plugins: readonly Plugin[] };
  readonly evaluate: Omit<EvaluateOptions, 'runName'> & { readonly plugins: readonly Plugin[] };
  /** Absolute paths of the files, highest precedence first. */
  readonly files: readonly string[];
}

/**
 * Reads the configuration files that the command line would read in `cwd`, and loads the plugins that they name. `run` and
 * `evaluate` never read files by themselves. @throws ConfigError, PluginError.
 */
export async function loadConfig(options: Pick<LoadOptions, 'cwd' | 'profile'> = {}): Promise<LoadedConfig> {
  const configuration = await loadConfiguration(options);
  const { plugins, leftOut } = await projectPlugins(configuration.plugins);
  for (const { error } of leftOut) throw error;
  await convertVariables(configuration, plugins);
  const { values, sources } = configuration;
  const { runName: _, backend, ...evaluate } = optionsFromFiles('eval', values);
  return {
    run: {
      ...optionsFromFiles('run', values),
      seats: values.seats,
      origin: originOf(configuration),
      chosenByProject: { baseUrl: baseUrlOfProject(configuration), seats: seatsOfProject(configuration) },
      plugins,
    },
    evaluate: { ...evaluate, defaultBackend: backend, plugins },
    files: sources.map(({ path }) => path),
  };
}

/** Converts options that consist of one variable. This needs the schemas of the plugins. */
async function convertVariables(configuration: Configuration, own: readonly Plugin[]): Promise<void> {
  if (configuration.layers.length === 0) return;
  const others = (await defaultPlugins()).filter(({ name }) => !own.some((plugin) => plugin.name === name));
  const registry = createContainer([...others, ...own], knownNames).get(tokens.registry);
  readVariables(registry, configuration);
}
