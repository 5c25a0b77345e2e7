import type { SandboxSpec } from '@cooperbench/core';
import { thisOwner } from '@cooperbench/core/backend';

const prefix = 'cooperbench.';

/** On everything that this backend makes and removes again. */
export const ownerLabel = 'cooperbench.owner';

/** On images that it builds: the hash of what they were built from. */
export const contextLabel = 'cooperbench.context';

export function ownerLabels(): Record<string, string> {
  return { [ownerLabel]: JSON.stringify(thisOwner()) };
}

export function sandboxLabels(spec: Pick<SandboxSpec, 'labels'>): Record<string, string> {
  const own = Object.entries(spec.labels).map(([name, value]) => [`${prefix}${name}`, value]);
  return { ...Object.fromEntries(own), ...ownerLabels() };
}
