import type { Plugin, PluginHook } from '@cooperbench/core';
import { createContainer, type EvaluateOptions, type RunOptions, tokens } from '@cooperbench/core/host';
import { parseDuration } from '../flags/duration.ts';
import { defaultPlugins } from '../plugins/bundled.ts';
import { packageOf } from '../plugins/package-of.ts';
import { projectPlugins } from '../plugins/project-plugins.ts';
import type { Configuration } from './configuration.ts';
import { readVariables } from './fit-plugin-options.ts';
import { type LoadOptions, loadConfiguration, originOf } from './load.ts';
import type { FileContent, Settings } from './schema.ts';

/** A configuration file. `plugins` are names of packages, paths that begin with `./`, or what `definePlugin` returns. */
export type Config = Omit<FileContent, 'plugins'> & { plugins?: readonly (string | PluginHook | Plugin)[] };

/** Gives a configuration file in TypeScript or JavaScript its types. */
export function defineConfig(config: Config): Config {
  return config;
}

/** What `run` and `evaluate` take, as the configuration files say it. */
export interface LoadedConfig {
  readonly run: RunOptions & { readonly plugins: readonly Plugin[] };
  readonly evaluate: Omit<EvaluateOptions, 'runName'> & { readonly plugins: readonly Plugin[] };
  /** Absolute paths of the files, highest precedence first. */
  readonly files: readonly string[];
}

/**
 * Reads the configuration files that the command line would read in `cwd`, and loads the plugins that they name. `run` and
 * `evaluate` never do so by themselves. @throws ConfigError, PluginError.
 */
export async function loadConfig(options: Pick<LoadOptions, 'cwd' | 'profile'> = {}): Promise<LoadedConfig> {
  const configuration = await loadConfiguration(options);
  const { plugins, leftOut } = await projectPlugins(configuration.plugins);
  for (const { error } of leftOut) throw error;
  await settleOptions(configuration, plugins);
  const { timeout, ...values } = configuration.values;
  const origin = originOf(configuration);
  const run = {
    ...renamed(values),
    ...(timeout !== undefined && { timeoutMs: parseDuration(timeout) }),
    ...(origin && { origin }),
    plugins,
  };
  const { runName, concurrency: _, evalConcurrency, backend, ...rest } = run as LoadedConfig['run'];
  return {
    run,
    evaluate: { ...rest, concurrency: evalConcurrency, defaultBackend: backend },
    files: configuration.sources.map(({ path }) => path),
  };
}

/** Options that are one variable can be read as numbers once the plugins are known. */
async function settleOptions(configuration: Configuration, own: readonly Plugin[]): Promise<void> {
  if (configuration.layers.length === 0) return;
  const others = (await defaultPlugins()).filter(({ name }) => !own.some((plugin) => plugin.name === name));
  const registry = createContainer([...others, ...own], { packageOf }).get(tokens.registry);
  readVariables(registry, configuration);
}

/** Settings whose names in the library are the Python original's. */
const names: Readonly<Record<string, keyof RunOptions>> = {
  name: 'runName',
  task: 'taskId',
  model: 'modelName',
  redis: 'redisUrl',
  git: 'gitEnabled',
  messaging: 'messagingEnabled',
  logDir: 'logsDir',
  maxCost: 'maxCostUsd',
  budget: 'budgetUsd',
  backends: 'backendOptions',
  agents: 'agentOptions',
  buses: 'busOptions',
  evaluators: 'evaluatorOptions',
};
const others = new Set([
  ...['reporter', 'failUnder', 'buildConcurrency', 'datasetRevision', 'prepareConcurrency', 'demoBackend'],
]);

function renamed(values: Settings): RunOptions {
  const entries = Object.entries(values).filter(([key]) => !others.has(key));
  return Object.fromEntries(entries.map(([key, value]) => [names[key] ?? key, value]));
}
