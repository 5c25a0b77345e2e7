import type { JsonSchema } from '@cooperbench/core';
import { ConfigError } from '@cooperbench/core/errors';
import { listValidationErrors } from '@cooperbench/core/host';
import type { ConfigSource } from './configuration.ts';
import { hasVariable, valueAt } from './interpolate.ts';

/** Checks a value of a file. @throws ConfigError `CONFIG_INVALID` with a line for each wrong key: place, found, expected. */
export function checkValue(
  schema: JsonSchema,
  value: unknown,
  source: Pick<ConfigSource, 'at'>,
  {
    path = [],
    isDeferred = () => false,
    partial = false,
  }: {
    /** The path of the value in the file. */
    readonly path?: readonly string[];
    /** Returns whether variables below a path are not replaced yet. */
    readonly isDeferred?: (path: readonly string[]) => boolean;
    /** Another place may give keys that are missing here. */
    readonly partial?: boolean;
  } = {},
): void {
  const lines = listValidationErrors(schema, value)
    .filter((fault) => !(partial && fault.missing && fault.path.length === 0))
    .map((fault) => ({ ...fault, path: [...path, ...fault.path] }))
    .filter(
      (fault) => !(isDeferred(fault.path) && hasVariable(valueAt(value, fault.path.slice(path.length)))),
    )
    .map(({ path, text }) =>
      [source.at(path), ...(path.length > 0 ? [path.join('.')] : []), text].join(': '),
    );
  if (lines.length > 0) throw createInvalidError(lines.sort(byLine));
}

/** Sorts by the place at the beginning: line 2 before line 10. */
const byLine = new Intl.Collator('en', { numeric: true }).compare;

export function createInvalidError(
  lines: readonly string[],
  hint = 'See all keys: cooperbench config schema.',
): ConfigError {
  const [first = ''] = lines;
  const text = lines.length === 1 ? first : `The configuration is not valid:\n  ${lines.join('\n  ')}`;
  return new ConfigError('CONFIG_INVALID', text, { hint });
}
