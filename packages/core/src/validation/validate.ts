import { createRequire } from 'node:module';
import type { Ajv, ErrorObject, SchemaObject } from 'ajv';
import type { FormatsPlugin } from 'ajv-formats';
import type { JsonSchema } from '../contracts/json-schema.ts';
import { expectation } from './expectation.ts';
import { maskSecrets } from './mask-secrets.ts';
import { findNearest } from './nearest.ts';

/** An error in a value. */
export interface ValidationError {
  /** The keys and indices that lead to the error. For an unknown key, the last one is that key. */
  readonly path: readonly string[];
  /** Says what was found and what was expected. */
  readonly text: string;
  /** A required key is missing. */
  readonly missing?: true;
}

/** Checks a value against a schema. Returns a line for each error: the path below the value, what was found and what was expected. */
export function listValidationMessages(schema: JsonSchema, value: unknown): string[] {
  return listErrors(schema, value).map((error) => {
    const path = listPath(error).join('.');
    return path === '' ? getText(error) : `${path}: ${getText(error)}`;
  });
}

/** Like `validationMessages`, but returns each error in parts. */
export function listValidationErrors(schema: JsonSchema, value: unknown): ValidationError[] {
  return listErrors(schema, value).map((error) => {
    const { additionalProperty } = error.params;
    const extraKeys = typeof additionalProperty === 'string' ? [additionalProperty] : [];
    return {
      path: [...listPath(error), ...extraKeys],
      text: getText(error),
      ...(error.keyword === 'required' && { missing: true }),
    };
  });
}

let loaded: Ajv | undefined;

/** Loads ajv on first use, because that takes 30 ms and many commands check nothing. */
function createAjv(): Ajv {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  const { Ajv } = require('ajv') as typeof import('ajv');
  const addFormats = require('ajv-formats') as FormatsPlugin;
  loaded = new Ajv({
    ...{ allErrors: true, verbose: true, logger: false },
    // A plugin's schema may have keywords for other tools.
    strict: false,
    // Schemas of two plugins may have the same `$id`.
    addUsedSchema: false,
    // Validating schemas takes another 30 ms and finds little: ajv refuses a keyword with a wrong value anyway.
    validateSchema: false,
  });
  return addFormats(loaded);
}

/** Reports a value that matches no branch of `anyOf` once, not once for each branch. */
function listErrors(schema: JsonSchema, value: unknown): ErrorObject[] {
  // ajv caches compiled schemas.
  const check = createAjv().compile(schema as SchemaObject);
  const errors = check(value) ? [] : (check.errors ?? []);
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ schemaPath }) => schemaPath);
  return errors.filter(
    ({ schemaPath }) => !choices.some((choice) => schemaPath !== choice && schemaPath.startsWith(choice)),
  );
}

function listPath({ instancePath }: ErrorObject): string[] {
  return instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

interface ParentSchema {
  readonly properties?: object;
  readonly title?: string;
  /** Keys by the other names that users may try. A keyword of CooperBench's own schemas. */
  readonly 'x-synonyms'?: Readonly<Record<string, string>>;
}

function getText(error: ErrorObject): string {
  const { keyword, params, data, parentSchema } = error;
  const { properties = {}, title, ...rest } = (parentSchema ?? {}) as ParentSchema;
  if (keyword === 'additionalProperties') {
    const synonym = new Map(Object.entries(rest['x-synonyms'] ?? {})).get(params.additionalProperty);
    const suggestion = synonym ?? findNearest(params.additionalProperty, Object.keys(properties));
    return `unknown key "${params.additionalProperty}"${suggestion ? `; did you mean "${suggestion}"?` : ''}`;
  }
  if (keyword === 'required') return `the key "${params.missingProperty}" is missing`;
  return `found ${describeFound(data, listPath(error))}, expected ${title ?? expectation(error)}`;
}

/** Describes a value in a few words, without secrets. */
function describeFound(data: unknown, path: readonly string[]): string {
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) {
    const keys = Object.keys(data);
    return keys.length === 0 ? 'an empty object' : `an object with ${keys.join(', ').slice(0, 80)}`;
  }
  // JSON would say null of NaN and Infinity.
  const isNotJson = typeof data === 'bigint' || (typeof data === 'number' && !Number.isFinite(data));
  if (isNotJson) return String(data);
  const text = JSON.stringify(maskSecrets(data, path.join('.'))) ?? `a ${typeof data}`;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
