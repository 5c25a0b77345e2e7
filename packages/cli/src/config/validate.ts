import { findFaults } from '@cooperbench/core';
import { ConfigError } from '@cooperbench/core/errors';
import type { TSchema } from 'typebox';
import type { ConfigSource } from './read.ts';

/** @throws ConfigError `CONFIG_INVALID` with a line for each key that does not fit: where, which, what was found and expected. */
export function checkValue(
  schema: TSchema,
  value: unknown,
  source: Pick<ConfigSource, 'at'>,
  /** Where in the file the value is. */
  path: readonly string[] = [],
): void {
  const lines = findFaults(schema, value).map((fault) => {
    const keys = [...path, ...fault.path];
    return `${source.at(keys)}: ${keys.join('.') || '(top level)'}: ${fault.text}`;
  });
  if (lines.length > 0) throw invalid(lines);
}

export function invalid(
  lines: readonly string[],
  hint = 'See all keys: cooperbench config schema.',
): ConfigError {
  const [first = ''] = lines;
  const text = lines.length === 1 ? first : `The configuration does not fit:\n  ${lines.join('\n  ')}`;
  return new ConfigError('CONFIG_INVALID', text, { hint });
}
