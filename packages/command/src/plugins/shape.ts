import type { AgentTraits, ChannelDefinition } from '@cooperbench/core';
import { findNearest } from '@cooperbench/core/nearest';
import { kinds } from './provides.ts';

/** Says why a value is not the plugin of this package: every fault, as the end of a sentence. Returns undefined if it is. */
export function findShapeFault(value: unknown, packageName: string | undefined): string | undefined {
  if (value === undefined) return 'it returns nothing';
  if (!isObject(value)) return `it returns ${describeValue(value)}`;
  const faults = [...listHeadFaults(value, packageName), ...Object.keys(kinds).flatMap(faultsIn(value))];
  return faults.length > 0 ? faults.join('. ') : undefined;
}

function listHeadFaults(value: Readonly<Record<string, unknown>>, packageName: string | undefined): string[] {
  const { name, apiVersion } = value;
  const nameFault =
    packageName === undefined
      ? typeof name !== 'string' && `"name" is ${describeValue(name)}, and must be a string`
      : name !== packageName &&
        `"name" is ${describeValue(name)}, and must be the package's, "${packageName}"`;
  return [
    nameFault,
    typeof apiVersion !== 'number' && `"apiVersion" is ${describeValue(apiVersion)}, and must be a number`,
    ...listUnknownKeys(value, ['name', 'version', 'apiVersion', ...Object.keys(kinds)]).map(
      ({ key, there }) => `"${key}" is not a key of a plugin; ${there}`,
    ),
  ].filter((fault) => fault !== false);
}

/** The faults in the definitions of one kind. */
const faultsIn =
  (plugin: Readonly<Record<string, unknown>>) =>
  (kind: string): string[] => {
    const provided = plugin[kind];
    if (provided === undefined) return [];
    if (!isObject(provided)) return [`"${kind}" is ${describeValue(provided)}, and must be an object`];
    return Object.entries(provided).flatMap(([name, definition]) => {
      if (!isObject(definition) || typeof definition.create !== 'function')
        return [`"${kind}.${name}" has no function "create"`];
      return listUnknownKeys(definition, ['options', 'create', ...(traits[kind] ?? [])]).map(
        ({ key, there }) => `"${kind}.${name}.${key}" is not a key of a definition; ${there}`,
      );
    });
  };

/** Every key of a definition besides `options` and `create`. The compiler finds one that is missing here. */
const agentTraits: Readonly<Record<keyof AgentTraits, true>> = {
  short: true,
  untrusted: true,
  usesModel: true,
  readsDataset: true,
  keys: true,
  layers: true,
};
const channelTraits: Readonly<Record<Exclude<keyof ChannelDefinition, 'options' | 'create'>, true>> = {
  usesBus: true,
  carriesMessages: true,
  sharesCommits: true,
};
const traits: Readonly<Record<string, readonly string[]>> = {
  agents: Object.keys(agentTraits),
  channels: Object.keys(channelTraits),
};

function listUnknownKeys(value: object, knownKeys: readonly string[]): { key: string; there: string }[] {
  return Object.keys(value)
    .filter((key) => !knownKeys.includes(key))
    .map((key) => {
      const suggestion = findNearest(key, knownKeys);
      const keyHint =
        suggestion === undefined ? `the keys are ${knownKeys.join(', ')}` : `the nearest is "${suggestion}"`;
      return { key, there: keyHint };
    });
}

export function describeValue(value: unknown): string {
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
