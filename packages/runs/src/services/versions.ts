import type { NetworkPolicy } from '@cooperbench/core';
import { coreVersion, type Registry } from '@cooperbench/core/host';

/**
 * Builds the versions that results record: of core, of Node.js and of the plugins that were used, that of the networks
 * included.
 */
export function buildVersions(
  registry: Registry,
  usedServices: Parameters<Registry['versionsOf']>[0],
  policies: readonly NetworkPolicy[],
): Record<string, string> {
  const networks = policies.includes('registries') ? [['networks', 'registries'] as const] : [];
  const plugins = registry.versionsOf([...usedServices, ...networks]);
  return { '@cooperbench/core': coreVersion, node: process.versions.node, ...plugins };
}
