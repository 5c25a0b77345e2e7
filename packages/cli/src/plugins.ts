import type { Plugin } from '@cooperbench/core';
import { CooperBenchError, messageOf, PluginError } from '@cooperbench/core/errors';

/** Comes with the product; everything else is found by oclif. */
const defaults = [
  '@cooperbench/backend-local',
  '@cooperbench/backend-docker',
  '@cooperbench/agent-mini-swe',
  '@cooperbench/bus-redis',
];

/** The plugins that come with this package, for callers without a command line. @throws PluginError `PLUGIN_LOAD`. */
export async function defaultPlugins(): Promise<Plugin[]> {
  return Promise.all(
    defaults.map(async (name) => {
      try {
        const module = (await import(name)) as { default: () => Plugin };
        return module.default();
      } catch (error) {
        throw failedToLoad(name, error);
      }
    }),
  );
}

interface Installed {
  runHook(
    event: string,
    options: object,
  ): Promise<{
    successes: readonly { result: unknown; plugin: { name: string } }[];
    failures: readonly { error: Error; plugin: { name: string } }[];
  }>;
}

/**
 * The plugins oclif knows, by their hook `cooperbench:plugin`. oclif itself says nothing about one that fails.
 * @throws PluginError `PLUGIN_LOAD`, `PLUGIN_SHAPE`.
 */
export async function installedPlugins(config: Installed): Promise<Plugin[]> {
  const { successes, failures } = await config.runHook('cooperbench:plugin', {});
  const [failure] = failures;
  if (failure) throw failedToLoad(failure.plugin.name, failure.error);
  return successes.map(({ result, plugin }) => {
    if (typeof result === 'object' && result !== null && 'apiVersion' in result) return result as Plugin;
    throw new PluginError('PLUGIN_SHAPE', `Plugin ${plugin.name} does not give what definePlugin returns.`, {
      hint: `The file its package.json names as the hook "cooperbench:plugin" must default-export definePlugin({ … }).`,
    });
  });
}

function failedToLoad(name: string, error: unknown): CooperBenchError {
  if (CooperBenchError.is(error)) return error;
  return new PluginError('PLUGIN_LOAD', `Plugin ${name} could not be loaded: ${messageOf(error)}`, {
    hint: `Install ${name} again.`,
    cause: error,
  });
}
