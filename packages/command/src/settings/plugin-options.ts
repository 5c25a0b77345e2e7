import type { JsonSchema } from '@cooperbench/core';
import { channelFaultSchema } from '@cooperbench/core/channel-faults';
import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import { settings } from './table.ts';
import {
  flagOf,
  getKind,
  getVariable,
  type OptionsKey,
  type PluginOptions,
  type Settings,
} from './values.ts';

/**
 * Reads `NAME.KEY=VALUE` as an option of the plugin NAME. If the plugin's schema requires a string, the value stays text.
 * Otherwise it is parsed as JSON if possible. The variable contains several options, separated by spaces. Flags take
 * precedence over the variable, and both take precedence over configuration, key by key.
 * @throws ConfigError `OPTION_FLAG`, `UNKNOWN_BACKEND` and similar.
 */
export function pluginOptions(
  key: OptionsKey,
  flags: object,
  configured: Settings,
  /** If it is absent, any name is accepted. */
  registry?: Registry,
): PluginOptions | undefined {
  const options: Record<string, Record<string, unknown>> = { ...configured[key] };
  for (const [origin, text] of listGivenTexts(key, flags)) {
    const [, name, option, value] = /^([^.=\s]+)\.([^.=\s]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || option === undefined || value === undefined)
      throw new ConfigError('OPTION_FLAG', `${origin} "${text}" is not NAME.KEY=VALUE.`, {
        hint: `For example: --${flagOf(key)} ${settings[key].example}.`,
      });
    const property = registry && findProperty(registry, key, name, `${origin} ${name}.${option}`, option);
    options[name] = { ...options[name], [option]: property?.type === 'string' ? value : jsonOrText(value) };
  }
  return Object.keys(options).length > 0 ? options : undefined;
}

/** Lists the texts of a repeatable setting with their sources. Texts of the variable come first. */
export function listGivenTexts(key: OptionsKey | 'prices', flags: object): [origin: string, text: string][] {
  const [flag, variable] = [flagOf(key), getVariable(key)];
  // Without the flag, oclif passes the variable's text as one string.
  const flagValue = (flags as Readonly<Record<string, unknown>>)[flag];
  return [
    ...(process.env[variable]?.split(/\s+/) ?? [])
      .filter(Boolean)
      .map((text): [string, string] => [variable, text]),
    ...(Array.isArray(flagValue) ? flagValue : []).map((text): [string, string] => [`--${flag}`, text]),
  ];
}

/** Returns the schema of the options that a setting has for a plugin. @throws ConfigError when there is no such plugin. */
export function optionsSchema(registry: Registry, key: OptionsKey, name: string): JsonSchema | undefined {
  const { options } = registry.get(getKind(key), name);
  return key === 'channelFaults' ? channelFaultSchema : options;
}

interface Property {
  readonly type?: unknown;
}

function findProperty(
  registry: Registry,
  key: OptionsKey,
  name: string,
  origin: string,
  option: string,
): Property | undefined {
  try {
    const schema = optionsSchema(registry, key, name) as
      | { properties?: Readonly<Record<string, Property>> }
      | undefined;
    return schema?.properties?.[option];
  } catch (error) {
    if (!CooperBenchError.is(error)) throw error;
    throw new ConfigError(error.code, `${origin}: ${error.message}`, { hint: error.hint });
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
