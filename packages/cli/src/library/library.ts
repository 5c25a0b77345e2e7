import {
  type Configuration,
  type FileContent,
  findBaseUrlOfProject,
  findOrigin,
  listSeatsOfProject,
  loadConfiguration,
  readVariables,
} from '@cooperbench/command/config';
import { knownNames, loadProjectPlugins } from '@cooperbench/command/plugins';
import { type LibraryKey, type Settings, settingsOf } from '@cooperbench/command/settings';
import type { Plugin, PluginHook } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { readDefaultPlugins } from './bundled.ts';
import type { WithOptionTypes } from './option-types.ts';
import { checkLoadOptions } from './read-options.ts';
import type { EvaluateSettings, RunOptions } from './run-options.ts';

/** A configuration file. `plugins` are names of packages, paths that begin with `./`, or results of `definePlugin`. */
export type Config = WithOptionTypes<Omit<FileContent, 'plugins'>> & {
  plugins?: readonly (string | PluginHook | Plugin)[];
};

/** Types a configuration file in TypeScript or JavaScript. Returns its argument. */
export function defineConfig(config: Config): Config {
  return config;
}

/** Options of `run` and `evaluate` from the configuration files. */
export interface LoadedConfig {
  readonly run: RunOptions & { readonly plugins: readonly Plugin[] };
  readonly evaluate: EvaluateSettings & { readonly plugins: readonly Plugin[] };
  /** Absolute paths of the files, highest precedence first. */
  readonly files: readonly string[];
}

/** Options of `loadConfig`. */
export interface LoadConfigOptions {
  /** The directory where the search for the project's file begins. Default: the working directory. */
  readonly cwd?: string | undefined;
  /** The profile whose settings take precedence. */
  readonly profile?: string | undefined;
}

/**
 * Reads the configuration files that the command line would read in `cwd`, and loads the plugins that they name. Asks nobody
 * before files and plugins that are code run: name only a folder that you trust. Spread the result into the options of `run`
 * or `evaluate`, which never read files by themselves. Paths in it are absolute.
 * @throws ConfigError, PluginError.
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  checkLoadOptions(options);
  const configuration = await loadConfiguration(options);
  const { plugins, leftOut } = await loadProjectPlugins(configuration.plugins);
  for (const { error } of leftOut) throw error;
  await convertVariables(configuration, plugins);
  const { values, sources } = configuration;
  const { name: _, backend, ...evaluate } = pickSettings('eval', values);
  const chosenByProject = {
    baseUrl: findBaseUrlOfProject(configuration),
    seats: listSeatsOfProject(configuration),
  };
  return {
    run: {
      ...pickSettings('run', values),
      seats: values.seats,
      origin: findOrigin(configuration),
      chosenByProject,
      plugins,
    },
    evaluate: { ...evaluate, defaultBackend: backend, chosenByProject, plugins },
    files: sources.map(({ path }) => path),
  };
}

/** Picks the settings that `run` or `evaluate` accepts. */
function pickSettings<C extends 'run' | 'eval'>(command: C, values: Settings): Pick<Settings, LibraryKey<C>> {
  const keys = settingsOf(command).filter(
    ({ option, key }) => option !== undefined && values[key] !== undefined,
  );
  return Object.fromEntries(keys.map(({ key }) => [key, values[key]])) as Pick<Settings, LibraryKey<C>>;
}

/** Converts options that consist of one variable. This needs the schemas of the plugins. */
async function convertVariables(configuration: Configuration, ownPlugins: readonly Plugin[]): Promise<void> {
  if (configuration.layers.length === 0) return;
  const otherPlugins = (await readDefaultPlugins()).filter(
    ({ name }) => !ownPlugins.some((plugin) => plugin.name === name),
  );
  const registry = createContainer([...otherPlugins, ...ownPlugins], knownNames).get(tokens.registry);
  readVariables(registry, configuration);
}
