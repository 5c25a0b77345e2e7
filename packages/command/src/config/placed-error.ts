import { ConfigError } from '@cooperbench/core/errors';
import type { FlagInput } from '@oclif/core/interfaces';
import { findSetting } from '../settings/flags.ts';
import type { SeatSettings, SettingKey } from '../settings/values.ts';
import { findFlagOrigin, type ParsedCommand, placeOf } from './origin.ts';

/** The settings that an error with this code may be about. */
const settingsOf: Readonly<Record<string, readonly SettingKey[]>> = {
  UNKNOWN_AGENT: ['agent'],
  UNKNOWN_BACKEND: ['backend', 'demoBackend'],
  UNKNOWN_BUS: ['bus'],
  UNKNOWN_EVALUATOR: ['evaluator'],
  UNKNOWN_MERGE_POLICY: ['mergePolicy'],
  UNKNOWN_REPORTER: ['reporter'],
  UNKNOWN_SUBSET: ['subset'],
  UNKNOWN_REPO: ['repo'],
  UNKNOWN_TASK: ['task'],
  UNKNOWN_SETTING: ['setting'],
  UNKNOWN_RUN: ['name'],
  RUN_NAME: ['name'],
  AGENT_CONFIG: ['agentConfig'],
  DATASET_MISSING: ['datasetDir'],
  DATASET_EMPTY: ['datasetDir'],
};

/**
 * Begins an error with the place of the wrong value, if the value came from a configuration file or a variable:
 * `cooperbench.config.yaml:2:1: agent: There is no agent "orcale".`
 */
export function placedError(error: unknown, parsed: ParsedCommand, flags: FlagInput): unknown {
  if (!ConfigError.is(error) || error.about === undefined) return error;
  const origin = findInFlags(error, parsed, flags) ?? findInSeats(error, parsed);
  if (origin === undefined || origin === '') return error;
  const { code, message, hint, cause } = error;
  return new ConfigError(code, `${origin}: ${message}`, { hint, cause });
}

/**
 * Finds the place of a flag's value. Returns an empty value if the user typed it, and undefined if the error is not about a
 * flag.
 */
function findInFlags(
  { code, about }: ConfigError,
  parsed: ParsedCommand,
  flags: FlagInput,
): string | undefined {
  for (const [name, flag] of Object.entries(flags)) {
    const key = findSetting(flag);
    if (key === undefined || !settingsOf[code]?.includes(key)) continue;
    if (String((parsed.flags as Record<string, unknown>)[name]) !== about) continue;
    const origin = findFlagOrigin(parsed, name, key, flag);
    if (origin.kind === 'file') return `${origin.name}: ${key}`;
    return origin.kind === 'variable' ? origin.name : '';
  }
  return undefined;
}

const keysOfSeats: Readonly<Record<string, keyof SeatSettings>> = {
  UNKNOWN_AGENT: 'agent',
  UNKNOWN_BACKEND: 'backend',
  AGENT_CONFIG: 'agentConfig',
};

function findInSeats({ code, about }: ConfigError, { configuration }: ParsedCommand): string | undefined {
  const key = keysOfSeats[code];
  const path = Object.entries(configuration.values.seats ?? {}).flatMap(([seat, choice]) => {
    if (code === 'UNKNOWN_SEAT') return seat === about ? [['seats', seat]] : [];
    return key !== undefined && choice?.[key] === about ? [['seats', seat, key]] : [];
  })[0];
  return path && `${placeOf(configuration, path)}: ${path.join('.')}`;
}
