import type { CleanOptions } from '@cooperbench/core';
import { isLeftover, readOwner } from '@cooperbench/core';

/** A sandbox or another resource that a provider lists. */
export interface Leftover {
  readonly name: string;
  /** The JSON of the `thisOwner()` that created it. It is undefined if it is never removed. */
  readonly owner: string | undefined;
  /** Creation time, by the provider's record or a label. */
  readonly madeAtMs: number;
  /** Resolves with false when the resource is still in use and stays. */
  remove(): Promise<unknown>;
}

/**
 * Implements `Backend.clean` for a provider that can list its resources. Removes each that `isLeftover`. Resolves with their
 * names.
 */
export async function removeLeftovers(
  resources: Iterable<Leftover> | AsyncIterable<Leftover>,
  options: CleanOptions = {},
): Promise<string[]> {
  const removed: string[] = [];
  for await (const resource of leftovers(resources, options)) {
    if ((await resource.remove()) === false) continue;
    removed.push(resource.name);
    options.onRemoved?.(resource.name);
  }
  return removed;
}

/** Names what `removeLeftovers` would remove. */
export async function nameLeftovers(
  resources: AsyncIterable<Leftover>,
  options: CleanOptions = {},
): Promise<string[]> {
  return Array.fromAsync(leftovers(resources, options), ({ name }) => name);
}

async function* leftovers(
  resources: Iterable<Leftover> | AsyncIterable<Leftover>,
  options: CleanOptions,
): AsyncGenerator<Leftover> {
  for await (const resource of resources) {
    const owner = readOwner(resource.owner);
    if (owner === undefined || !isLeftover(owner, resource.madeAtMs, options)) continue;
    options.signal?.throwIfAborted();
    yield resource;
  }
}
