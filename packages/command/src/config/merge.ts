import { dirname, resolve } from 'node:path';
import { settings } from '../settings/table.ts';
import { type Settings, settingKeys } from '../settings/values.ts';
import type { Layer } from './configuration.ts';

/** How many levels of a setting are merged key by key. The highest layer replaces any other setting completely. */
const depths: Readonly<Record<string, number>> = {
  seats: 2,
  prices: 1,
  ...Object.fromEntries(
    settingKeys.filter((key) => settings[key].type === 'options').map((key) => [key, 2] as const),
  ),
};

/** Merges the settings of all layers. @param layers sorted by precedence, lowest first. */
export function merge(layers: readonly Layer[]): Settings {
  const merged: Record<string, unknown> = {};
  for (const { values } of layers)
    for (const [key, value] of listDefined(values))
      merged[key] = mergeValue(merged[key], value, depths[key] ?? 0);
  return merged;
}

function mergeValue(base: unknown, value: unknown, depth: number): unknown {
  if (depth === 0 || typeof base !== 'object' || typeof value !== 'object') return value;
  const entries = listDefined(value as object).map(([key, inner]) => [
    key,
    mergeValue((base as Record<string, unknown>)[key], inner, depth - 1),
  ]);
  return { ...base, ...Object.fromEntries(entries) };
}

function listDefined(values: object): [string, unknown][] {
  return Object.entries(values).filter(([, value]) => value !== undefined);
}

/** Finds the layer that a merged value comes from. */
export function findLayer(layers: readonly Layer[], path: readonly string[]): Layer | undefined {
  return layers.findLast(({ values }) => {
    let value: unknown = values;
    for (const key of path) {
      if (typeof value !== 'object' || value === null || !(key in value)) return false;
      value = (value as Record<string, unknown>)[key];
    }
    return value !== undefined;
  });
}

/** Makes paths absolute. In a file, they are relative to its directory. */
export function withAbsolutePaths<T extends object>(values: T, file: string): T {
  const place = (key: string, value: unknown): unknown => {
    if (key === 'seats' && typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([seat, seatSettings]) => [
          seat,
          withAbsolutePaths(seatSettings as object, file),
        ]),
      );
    return isPath(key) && typeof value === 'string' ? resolve(dirname(file), value) : value;
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, place(key, value)])) as T;
}

export function isPath(key: string): boolean {
  return settingKeys.some((settingKey) => settingKey === key && settings[settingKey].type === 'path');
}
