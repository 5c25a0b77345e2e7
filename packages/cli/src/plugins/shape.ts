import { nearest } from '@cooperbench/core/nearest';
import { kinds } from './brings.ts';

/** What keeps a value from being a plugin of this package, as the end of a sentence. */
export function shapeFault(value: unknown, packageName: string | undefined): string | undefined {
  if (value === undefined) return 'it gives nothing';
  if (!isObject(value)) return `it gives ${described(value)}`;
  if (packageName === undefined && typeof value.name !== 'string')
    return `"name" is ${described(value.name)}, and must be a text`;
  if (packageName !== undefined && value.name !== packageName)
    return `"name" is ${described(value.name)}, and must be the package's, "${packageName}"`;
  if (typeof value.apiVersion !== 'number')
    return `"apiVersion" is ${described(value.apiVersion)}, and must be a number`;
  const known = ['name', 'version', 'apiVersion', ...Object.keys(kinds)];
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const guess = nearest(unknown, known);
    const there = guess === undefined ? `there are ${known.join(', ')}` : `the nearest is "${guess}"`;
    return `"${unknown}" is no key of a plugin; ${there}`;
  }
  for (const kind of Object.keys(kinds)) {
    const brought = value[kind];
    if (brought === undefined) continue;
    if (!isObject(brought)) return `"${kind}" is ${described(brought)}, and must be an object`;
    for (const [name, definition] of Object.entries(brought)) {
      if (!isObject(definition) || typeof definition.create !== 'function')
        return `"${kind}.${name}" has no function "create"`;
    }
  }
  return undefined;
}

export function described(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  return JSON.stringify(value).slice(0, 80);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
