import type { RunOptions } from '@cooperbench/runs';
import type { FlagInput, ParserOutput } from '@oclif/core/interfaces';
import { parseSeatOverrides } from '../settings/seats.ts';
import type { SettingKey } from '../settings/values.ts';
import type { Configuration } from './configuration.ts';
import { findLayer } from './merge.ts';

/** A parsed command line and the configuration that its values may come from. */
export type ParsedCommand = Pick<ParserOutput, 'flags' | 'metadata' | 'raw'> & {
  readonly configuration: Configuration;
  /** Names of the variables that `.env` set. */
  readonly dotEnv: readonly string[];
};

type ChosenByProject = NonNullable<RunOptions['chosenByProject']>;

/** The source of a value. */
export interface Origin {
  readonly kind: 'flag' | 'variable' | 'file' | 'default';
  /** The flag, the variable, `FILE:LINE:COLUMN`, or `default`. */
  readonly name: string;
}

/** Finds the source of a flag's value. `key` is the setting of the flag. */
export function findFlagOrigin(
  { flags, metadata, raw, configuration }: ParsedCommand,
  name: string,
  key: SettingKey,
  { env = '' }: Pick<FlagInput[string], 'env'>,
): Origin {
  if (!metadata.flags[name]?.setFromDefault) {
    const isTyped = raw.some((token) => token.type === 'flag' && token.flag === name);
    const negation = (flags as Record<string, unknown>)[name] === false ? 'no-' : '';
    return isTyped ? { kind: 'flag', name: `--${negation}${name}` } : { kind: 'variable', name: env };
  }
  const place = placeOf(configuration, [key]);
  return place === '' ? { kind: 'default', name: 'default' } : { kind: 'file', name: place };
}

/** Returns the options that files of the project chose. Agents use it to protect the user's keys. */
export function chosenByProject(parsed: ParsedCommand, flags: FlagInput): ChosenByProject {
  const { configuration, dotEnv: variables } = parsed;
  const seatFlags = parseSeatOverrides(parsed.flags) ?? {};
  const seats = listSeatsOfProject(configuration).filter((seat) => seatFlags[seat]?.baseUrl === undefined);
  const { kind, name } = findFlagOrigin(parsed, 'base-url', 'baseUrl', flags['base-url'] ?? {});
  if (kind === 'file') return { variables, seats, baseUrl: findBaseUrlOfProject(configuration) };
  return { variables, seats, baseUrl: kind === 'variable' && variables.includes(name) ? '.env' : undefined };
}

/** `configuration` if the base URL comes from a file of the project. */
export function findBaseUrlOfProject({ layers }: Pick<Configuration, 'layers'>): ChosenByProject['baseUrl'] {
  return findLayer(layers, ['baseUrl'])?.source.owner === 'project' ? 'configuration' : undefined;
}

/** Lists the seats whose own base URL comes from a file of the project. */
export function listSeatsOfProject({ values, layers }: Pick<Configuration, 'values' | 'layers'>): string[] {
  return Object.keys(values.seats ?? {}).filter(
    (seat) => findLayer(layers, ['seats', seat, 'baseUrl'])?.source.owner === 'project',
  );
}

/** `FILE:LINE:COLUMN` of a configured value. Returns an empty value if no file configures it. */
export function placeOf({ layers }: Configuration, path: readonly string[]): string {
  const layer = findLayer(layers, path);
  return layer ? layer.source.at([...layer.path, ...path]) : '';
}
