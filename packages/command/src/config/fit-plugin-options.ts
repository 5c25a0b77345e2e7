import { CooperBenchError, findNearest, type JsonSchema } from '@cooperbench/core';
import type { Registry } from '@cooperbench/core/host';
import { optionsSchema } from '../settings/plugin-options.ts';
import { settings } from '../settings/table.ts';
import { getKind, type OptionsKey, type Settings, settingKeys } from '../settings/values.ts';
import type { Configuration } from './configuration.ts';
import { findSchemaOfKey, fitVariable } from './fit-variable.ts';
import { valueAt } from './interpolate.ts';
import { merge } from './merge.ts';
import { checkValue, createInvalidError } from './validate.ts';

/** Settings that contain options of plugins. */
export const optionKeys: readonly OptionsKey[] = settingKeys.filter(
  (key): key is OptionsKey => settings[key].type === 'options',
);

/**
 * Checks options of plugins against the plugins' own schemas. Several files and flags may each give a part of the options.
 * Returns warnings about options of plugins that are not installed. They matter only to runs that use these plugins.
 * @throws ConfigError `CONFIG_…`, even for an unknown name that looks like a misspelt known one.
 */
export function fitPluginOptions(registry: Registry, configuration: Configuration): string[] {
  readVariables(registry, configuration);
  const warnings: string[] = [];
  for (const { source, path, values } of configuration.layers) {
    for (const [key, name, options] of listNamedOptions(values)) {
      const keys = [...path, key, name];
      const schema = buildSchema(registry, key, name, `${source.at(keys)}: ${keys.join('.')}: `);
      if (typeof schema === 'string') warnings.push(schema);
      else checkValue(schema, options, source, { path: keys, partial: true });
    }
  }
  return warnings;
}

/**
 * Converts options that consist of one variable into the number or boolean that the plugin's schema requires. Changes
 * `configuration`. Leaves options of plugins that are not installed alone. @throws ConfigError `CONFIG_VARIABLE`.
 */
export function readVariables(registry: Registry, { layers, values }: Configuration): void {
  for (const { source, path, values: layerSettings } of layers) {
    for (const [optionsKey, name, options] of listNamedOptions(layerSettings)) {
      const kind = getKind(optionsKey);
      if (!registry.list(kind).some((entry) => entry.name === name)) continue;
      const schema = optionsSchema(registry, optionsKey, name);
      for (const [key, text] of Object.entries(options)) {
        if (typeof text !== 'string') continue;
        const place = {
          source,
          path: [...path, optionsKey, name, key],
          schema: findSchemaOfKey(schema, key),
        };
        options[key] = fitVariable(valueAt(source.value, place.path), text, place);
      }
    }
  }
  Object.assign(values, merge(layers));
}

function listNamedOptions(values: Settings): [OptionsKey, string, Record<string, unknown>][] {
  return optionKeys.flatMap((key) =>
    Object.entries(values[key] ?? {}).map(
      ([name, options]) => [key, name, options] as [OptionsKey, string, Record<string, unknown>],
    ),
  );
}

/** Returns the schema of a plugin's options, or a text that says why there is none. */
function buildSchema(registry: Registry, key: OptionsKey, name: string, place: string): JsonSchema | string {
  try {
    return optionsSchema(registry, key, name) ?? {};
  } catch (error) {
    if (!CooperBenchError.is(error)) throw error;
    const names = registry.list(getKind(key)).map((entry) => entry.name);
    if (findNearest(name, names) !== undefined)
      throw createInvalidError([`${place}${error.message}`], error.hint);
    return `${place}${error.message}`;
  }
}
