import type { FlagInput, ParserOutput } from '@oclif/core/interfaces';
import type { Configuration } from './configuration.ts';
import { layerOf } from './merge.ts';

/** A command line that was read, and what files say. */
export type Parsed = Pick<ParserOutput, 'flags' | 'metadata' | 'raw'> & {
  readonly configuration: Configuration;
};

/** Where a value came from. */
export interface Origin {
  readonly kind: 'flag' | 'variable' | 'file' | 'default';
  /** The flag, the variable, `FILE:LINE:COLUMN`, or `default`. */
  readonly name: string;
}

/** Of the setting that a flag has as well. */
export function originOfFlag(
  { flags, metadata, raw, configuration }: Parsed,
  name: string,
  key: string,
  { env = '' }: FlagInput[string],
): Origin {
  if (!metadata.flags[name]?.setFromDefault) {
    const typed = raw.some((token) => token.type === 'flag' && token.flag === name);
    const no = (flags as Record<string, unknown>)[name] === false ? 'no-' : '';
    return typed ? { kind: 'flag', name: `--${no}${name}` } : { kind: 'variable', name: env };
  }
  if (key === 'redis' && process.env.REDIS_URL) return { kind: 'variable', name: 'REDIS_URL' };
  const place = placeOf(configuration, [key]);
  return place === '' ? { kind: 'default', name: 'default' } : { kind: 'file', name: place };
}

/** `FILE:LINE:COLUMN` of what configuration files say; without that, nothing. */
export function placeOf({ layers }: Configuration, path: readonly string[]): string {
  const layer = layerOf(layers, path);
  return layer ? layer.source.at([...layer.path, ...path]) : '';
}
