import type { Layer } from '../contracts/sandbox-spec.ts';
import { asPluginFault } from '../plugins/plugin-fault.ts';
import type { Registry } from '../plugins/registry.ts';

/** The software that an agent needs in its sandbox. @throws ConfigError for an unknown agent, PluginError for a faulty one. */
export async function layersOf(
  registry: Registry,
  agent: string,
  options: unknown,
): Promise<readonly Layer[]> {
  registry.checkOptions('agents', agent, options);
  const { layers } = registry.get('agents', agent);
  const failed = `${registry.title('agents', agent)} failed in layers`;
  return (await asPluginFault(failed, () => layers?.(options ?? {}))) ?? [];
}
