import type { Layer } from '@cooperbench/core';
import { callPlugin, type PluginCallOptions, type Registry } from '@cooperbench/core/host';

/**
 * Reads the software that an agent needs in its sandbox. @throws ConfigError for an unknown agent, PluginError for a faulty
 * one.
 */
export async function readLayers(
  registry: Registry,
  agent: string,
  options: unknown,
  bounds: Pick<PluginCallOptions<unknown>, 'limitMs' | 'signal'> = {},
): Promise<readonly Layer[]> {
  registry.checkOptions('agents', agent, options);
  const { layers } = registry.get('agents', agent);
  const failureText = `${registry.title('agents', agent)} failed in layers`;
  return (await callPlugin(failureText, () => layers?.(options ?? {}), bounds)) ?? [];
}
