import { ConfigError } from '@cooperbench/core/errors';
import type { FlagInput } from '@oclif/core/interfaces';
import { originOfFlag, type Parsed, placeOf } from './origin.ts';
import type { Settings } from './schema.ts';
import { keyOfFlag } from './settings.ts';

/** Which settings, of those a command has, an error with this code may be about. */
const settingsOf: Readonly<Record<string, readonly (keyof Settings)[]>> = {
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
 * The error with its place before it, where what it is about was said by a configuration file or a variable:
 * `cooperbench.config.yaml:2:1: agent: There is no agent "orcale".`
 */
export function placedError(error: unknown, parsed: Parsed, flags: FlagInput): unknown {
  if (!ConfigError.is(error) || error.about === undefined) return error;
  const origin = ofFlags(error, parsed, flags) ?? ofSeats(error, parsed);
  if (origin === undefined || origin === '') return error;
  const { code, message, hint, cause } = error;
  return new ConfigError(code, `${origin}: ${message}`, { hint, cause });
}

/** Empty: from nowhere that has to be told. */
function ofFlags({ code, about }: ConfigError, parsed: Parsed, flags: FlagInput): string | undefined {
  for (const [name, flag] of Object.entries(flags)) {
    const key = keyOfFlag(flag) as keyof Settings | undefined;
    if (key === undefined || !settingsOf[code]?.includes(key)) continue;
    if (String((parsed.flags as Record<string, unknown>)[name]) !== about) continue;
    const origin = originOfFlag(parsed, name, key, flag);
    if (origin.kind === 'file') return `${origin.name}: ${key}`;
    return origin.kind === 'variable' ? origin.name : '';
  }
  return undefined;
}

function ofSeats({ code, about }: ConfigError, { configuration }: Parsed): string | undefined {
  const key = code === 'UNKNOWN_AGENT' ? 'agent' : code === 'UNKNOWN_BACKEND' ? 'backend' : undefined;
  const path = Object.entries(configuration.values.seats ?? {}).flatMap(([seat, choice]) => {
    if (code === 'UNKNOWN_SEAT') return seat === about ? [['seats', seat]] : [];
    return key !== undefined && choice?.[key] === about ? [['seats', seat, key]] : [];
  })[0];
  return path && `${placeOf(configuration, path)}: ${path.join('.')}`;
}
