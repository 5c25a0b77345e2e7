import { Ajv, type ErrorObject } from 'ajv';
import type { TSchema } from 'typebox';
import { nearest } from './nearest.ts';

/** One thing that is wrong with a value: where, and what was found and expected. */
export interface Fault {
  /** Keys and indices that lead to it; for an unknown key, that key is the last. */
  readonly path: readonly string[];
  readonly text: string;
}

/** What is wrong with a value, a line each: the key's path, what was found, what was expected. Empty when it fits. */
export function faults(schema: TSchema, value: unknown): string[] {
  return misfits(schema, value).map((error) => `${dotted(pathOf(error))}: ${textOf(error)}`);
}

/** The same in parts. */
export function findFaults(schema: TSchema, value: unknown): Fault[] {
  return misfits(schema, value).map((error) => {
    const { additionalProperty } = error.params;
    const own = typeof additionalProperty === 'string' ? [additionalProperty] : [];
    return { path: [...pathOf(error), ...own], text: textOf(error) };
  });
}

/** Of a value that may be one of several things, one fault is told, not one for each of them. */
function misfits(schema: TSchema, value: unknown): ErrorObject[] {
  const check = new Ajv({ strict: true, allErrors: true, verbose: true }).compile(schema);
  const errors = check(value) ? [] : (check.errors ?? []);
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ schemaPath }) => schemaPath);
  return errors.filter(
    ({ schemaPath }) => !choices.some((choice) => schemaPath !== choice && schemaPath.startsWith(choice)),
  );
}

function pathOf({ instancePath }: ErrorObject): string[] {
  return instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function dotted(path: readonly string[]): string {
  return path.join('.') || '(top level)';
}

function textOf({ keyword, params, message, data, parentSchema }: ErrorObject): string {
  const { additionalProperty } = params;
  const schema = (parentSchema ?? {}) as { properties?: object; title?: string; anyOf?: readonly object[] };
  if (typeof additionalProperty === 'string') {
    const guess = nearest(additionalProperty, Object.keys(schema.properties ?? {}));
    return `unknown key "${additionalProperty}"${guess ? `; did you mean "${guess}"?` : ''}`;
  }
  const found = `found ${JSON.stringify(data)?.slice(0, 80)}`;
  if (schema.title !== undefined) return `${found}, expected ${schema.title}`;
  const constants = (keyword === 'anyOf' ? schema.anyOf : undefined)?.flatMap((choice) =>
    'const' in choice ? [String(choice.const)] : [],
  );
  if (constants && constants.length > 0) return `${found}, must be one of: ${constants.join(', ')}`;
  const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : '';
  return `${found}, ${message}${allowed}`;
}
