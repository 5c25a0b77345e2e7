import type { ConfigSource } from './read.ts';
import type { Settings } from './schema.ts';

/** Settings of one place in one file. */
export interface Layer {
  readonly source: ConfigSource;
  /** Where in the file they are. */
  readonly path: readonly string[];
  readonly values: Settings;
}

/** Keys whose parts are laid over one another one by one; of all others the higher one counts as a whole. */
const deep: Readonly<Record<string, number>> = { seats: 2, backends: 2, agents: 2, buses: 2, evaluators: 2 };

/** @param layers lowest precedence first. */
export function merge(layers: readonly Layer[]): Settings {
  const merged: Record<string, unknown> = {};
  for (const { values } of layers)
    for (const [key, value] of given(values)) merged[key] = over(merged[key], value, deep[key] ?? 0);
  return merged;
}

function over(below: unknown, value: unknown, depth: number): unknown {
  if (depth === 0 || typeof below !== 'object' || typeof value !== 'object') return value;
  const entries = given(value as object).map(([key, inner]) => [
    key,
    over((below as Record<string, unknown>)[key], inner, depth - 1),
  ]);
  return { ...below, ...Object.fromEntries(entries) };
}

function given(values: object): [string, unknown][] {
  return Object.entries(values).filter(([, value]) => value !== undefined);
}

/** Which layer a merged value comes from. */
export function layerOf(layers: readonly Layer[], path: readonly string[]): Layer | undefined {
  return layers.findLast(({ values }) => {
    let value: unknown = values;
    for (const key of path) {
      if (typeof value !== 'object' || value === null || !(key in value)) return false;
      value = (value as Record<string, unknown>)[key];
    }
    return value !== undefined;
  });
}
