import type { AgentTraits, ChannelDefinition } from '@cooperbench/core';
import { nearest } from '@cooperbench/core/nearest';
import { kinds } from './provides.ts';

/** Says why a value is not the plugin of this package, as the end of a sentence. Undefined: it is. */
export function shapeFault(value: unknown, packageName: string | undefined): string | undefined {
  if (value === undefined) return 'it returns nothing';
  if (!isObject(value)) return `it returns ${described(value)}`;
  if (packageName === undefined && typeof value.name !== 'string')
    return `"name" is ${described(value.name)}, and must be a string`;
  if (packageName !== undefined && value.name !== packageName)
    return `"name" is ${described(value.name)}, and must be the package's, "${packageName}"`;
  if (typeof value.apiVersion !== 'number')
    return `"apiVersion" is ${described(value.apiVersion)}, and must be a number`;
  // For another API version, the registry throws a better error.
  if (value.apiVersion !== 1) return undefined;
  const known = ['name', 'version', 'apiVersion', ...Object.keys(kinds)];
  const unknown = unknownKey(value, known);
  if (unknown !== undefined) return `"${unknown.key}" is not a key of a plugin; ${unknown.there}`;
  for (const kind of Object.keys(kinds)) {
    const provided = value[kind];
    if (provided === undefined) continue;
    if (!isObject(provided)) return `"${kind}" is ${described(provided)}, and must be an object`;
    for (const [name, definition] of Object.entries(provided)) {
      if (!isObject(definition) || typeof definition.create !== 'function')
        return `"${kind}.${name}" has no function "create"`;
      const unknown = unknownKey(definition, ['options', 'create', ...(traits[kind] ?? [])]);
      if (unknown !== undefined)
        return `"${kind}.${name}.${unknown.key}" is not a key of a definition; ${unknown.there}`;
    }
  }
  return undefined;
}

const traits: Readonly<Record<string, readonly string[]>> = {
  agents: [
    'short',
    'untrusted',
    'usesModel',
    'readsDataset',
    'keys',
    'layers',
  ] satisfies (keyof AgentTraits)[],
  channels: ['usesBus'] satisfies (keyof ChannelDefinition)[],
};

function unknownKey(value: object, known: readonly string[]): { key: string; there: string } | undefined {
  const key = Object.keys(value).find((one) => !known.includes(one));
  if (key === undefined) return undefined;
  const guess = nearest(key, known);
  return {
    key,
    there: guess === undefined ? `the keys are ${known.join(', ')}` : `the nearest is "${guess}"`,
  };
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
