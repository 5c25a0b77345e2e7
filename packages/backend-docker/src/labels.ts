import type { SandboxSpec } from '@cooperbench/core';
import { thisOwner } from '@cooperbench/core/backend';

const prefix = 'cooperbench.';

/** Carried by everything this backend makes and must be removed again. */
export const ownerLabel = 'cooperbench.owner';

/** Carried by images it builds: the hash of what they were built from. */
export const contextLabel = 'cooperbench.context';

export function ownerLabels(): Record<string, string> {
  return { [ownerLabel]: JSON.stringify(thisOwner()) };
}

export function sandboxLabels(spec: Pick<SandboxSpec, 'labels'>): Record<string, string> {
  const own = Object.entries(spec.labels).map(([name, value]) => [`${prefix}${name}`, value]);
  return { ...Object.fromEntries(own), ...ownerLabels() };
}
