import { CooperBenchError, nearest } from '@cooperbench/core';
import type { Registry } from '@cooperbench/core/host';
import { type TSchema, Type } from 'typebox';
import type { Configuration } from './configuration.ts';
import { fitted, schemaOfKey, valueAt } from './interpolate.ts';
import { merge } from './merge.ts';
import type { Settings } from './schema.ts';
import { checkValue, invalid } from './validate.ts';

/** Settings that hold options of plugins, by name. */
export const kinds = ['backends', 'agents', 'buses', 'evaluators'] as const;
export const none: TSchema = Type.Object({}, { additionalProperties: false });

/**
 * Fits what plugins are told to their own schemas, which are known only now. Several files, and flags, may each say a part.
 * Resolves with warnings of what no plugin is there for: only who asks for that needs it. @throws ConfigError `CONFIG_…`,
 * also for a name that is nearly one that is there.
 */
export function fitPluginOptions(registry: Registry, configuration: Configuration): string[] {
  readVariables(registry, configuration);
  const warnings: string[] = [];
  for (const { source, path, values } of configuration.layers) {
    for (const [kind, name, options] of optionsOf(values)) {
      const keys = [...path, kind, name];
      const schema = schemaOf(registry, kind, name, `${source.at(keys)}: ${keys.join('.')}: `);
      if (typeof schema === 'string') warnings.push(schema);
      else checkValue(schema, options, source, { path: keys, partial: true });
    }
  }
  return warnings;
}

/**
 * Options that are one variable become, in place, the number or boolean that the plugin's schema has there. What no plugin
 * is there for stays as it is. @throws ConfigError `CONFIG_VARIABLE`.
 */
export function readVariables(registry: Registry, { layers, values }: Configuration): void {
  for (const { source, path, values: own } of layers) {
    for (const [kind, name, options] of optionsOf(own)) {
      if (!registry.list(kind).some((entry) => entry.name === name)) continue;
      const { options: schema } = registry.get(kind, name);
      for (const [key, text] of Object.entries(options)) {
        if (typeof text !== 'string') continue;
        const place = { source, path: [...path, kind, name, key], schema: schemaOfKey(schema, key) };
        options[key] = fitted(valueAt(source.value, place.path), text, place);
      }
    }
  }
  Object.assign(values, merge(layers));
}

function optionsOf(values: Settings): [(typeof kinds)[number], string, Record<string, unknown>][] {
  return kinds.flatMap((kind) =>
    Object.entries(values[kind] ?? {}).map(
      ([name, options]) => [kind, name, options] as [typeof kind, string, typeof options],
    ),
  );
}

/** A text: why there is none. */
function schemaOf(
  registry: Registry,
  kind: (typeof kinds)[number],
  name: string,
  where: string,
): TSchema | string {
  try {
    return registry.get(kind, name).options ?? none;
  } catch (error) {
    if (!CooperBenchError.is(error)) throw error;
    const names = registry.list(kind).map((entry) => entry.name);
    if (nearest(name, names) !== undefined) throw invalid([`${where}${error.message}`], error.hint);
    return `${where}${error.message}`;
  }
}
