import { coreVersion } from '../plugins/core-version.ts';
import type { Registry } from '../plugins/registry.ts';

/** Versions for a result's record: core, node, and the plugins that were used. */
export function versionsOf(
  registry: Registry,
  used: Parameters<Registry['versionsOf']>[0],
): Record<string, string> {
  return { '@cooperbench/core': coreVersion, node: process.versions.node, ...registry.versionsOf(used) };
}
