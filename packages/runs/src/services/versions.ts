import { coreVersion, type Registry } from '@cooperbench/core/host';

/** The versions that results record: of core, of Node.js and of the plugins that were used. */
export function versionsOf(
  registry: Registry,
  used: Parameters<Registry['versionsOf']>[0],
): Record<string, string> {
  return { '@cooperbench/core': coreVersion, node: process.versions.node, ...registry.versionsOf(used) };
}
