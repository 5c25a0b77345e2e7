import type { SandboxSpec } from '@cooperbench/core';
import { thisOwner } from '@cooperbench/core';

const prefix = 'cooperbench.';

/** The label of everything that this backend creates and later removes. */
export const ownerLabel = 'cooperbench.owner';

/** The label of images that it builds: the hash of their inputs. */
export const contextLabel = 'cooperbench.context';

export function buildOwnerLabels(): Record<string, string> {
  return { [ownerLabel]: JSON.stringify(thisOwner()) };
}

export function buildSandboxLabels(spec: Pick<SandboxSpec, 'labels'>): Record<string, string> {
  const ownLabels = Object.entries(spec.labels).map(([name, value]) => [`${prefix}${name}`, value]);
  return { ...Object.fromEntries(ownLabels), ...buildOwnerLabels() };
}
