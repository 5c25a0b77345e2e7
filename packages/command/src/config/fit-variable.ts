import { ConfigError } from '@cooperbench/core/errors';
import { maskSecrets } from '@cooperbench/core/host';
import type { ConfigSource } from './configuration.ts';

/** The part of a JSON schema that matters for converting a variable. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

export function findSchemaOfKey(schema: object | undefined, key: string): Schema | undefined {
  const {
    properties,
    patternProperties = {},
    additionalProperties: additional,
    items,
  }: Schema = schema ?? {};
  const matching =
    Object.values(patternProperties)[0] ?? (typeof additional === 'object' ? additional : undefined);
  return properties?.[key] ?? matching ?? items;
}

/** Where a value is in a file, and the schema that it has there. */
interface VariablePlace {
  readonly source: Pick<ConfigSource, 'at'>;
  readonly path?: readonly string[] | undefined;
  readonly schema?: object | undefined;
}

/** Converts a value that consists of one variable to the type that the schema requires. Other texts stay as they are. */
export function fitVariable(
  raw: unknown,
  text: string,
  { schema, source, path = [] }: VariablePlace,
): unknown {
  const [, name] = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}$/.exec(String(raw)) ?? [];
  const parser = readings[(schema as Schema | undefined)?.type ?? ''];
  if (name === undefined || parser === undefined) return text;
  const value = parser.read(text.trim());
  if (value !== undefined) return value;
  throw new ConfigError(
    'CONFIG_VARIABLE',
    `${source.at(path)}: ${path.join('.')}: the variable ${name} gives ${JSON.stringify(maskSecrets(text, name))}, expected ${parser.what}.`,
    { hint: `Set ${name} to such a value.` },
  );
}

interface Reading {
  readonly what: string;
  /** Returns undefined if the text does not have this type. */
  read(text: string): number | boolean | undefined;
}

/** Booleans accept the same words that oclif accepts in variables of flags. */
const readings: Readonly<Record<string, Reading>> = {
  integer: { what: 'a whole number', read: (text) => (/^[+-]?\d+$/.test(text) ? Number(text) : undefined) },
  number: {
    what: 'a number',
    read: (text) => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  },
  boolean: {
    what: 'true or false',
    read: (text) =>
      /^(true|yes|y|1)$/i.test(text) ? true : /^(false|no|n|0)$/i.test(text) ? false : undefined,
  },
};
