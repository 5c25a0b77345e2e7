import { ConfigError } from '@cooperbench/core/errors';
import { looksSecret, maskSecrets } from '@cooperbench/core/host';
import { settings } from '../settings/table.ts';
import { settingKeys } from '../settings/values.ts';
import type { ConfigSource } from './configuration.ts';
import { dotEnvMaySet } from './dot-env.ts';

/** The part of a JSON schema that matters for converting a variable. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

export interface InterpolateOptions {
  readonly source: Pick<ConfigSource, 'at' | 'owner'>;
  readonly environment: NodeJS.ProcessEnv;
  /** The schema of the value. */
  readonly schema?: object | undefined;
  /** The path of the value in the file. */
  readonly path?: readonly string[];
  /** Whether variables below a path are not replaced yet. */
  readonly isDeferred?: (path: readonly string[]) => boolean;
}

/**
 * Replaces each `${NAME}` in texts by that environment variable, and `${NAME:-text}` by `text` if the variable is unset or
 * empty. `$${` stands for `${`. A text that consists of one variable becomes a number or a boolean if the schema requires
 * one. Refuses a secret variable in a URL of a project's file, because the owner of the host would receive it. A password in
 * its usual place is allowed. @throws ConfigError `CONFIG_VARIABLE` that names file and key.
 */
export function interpolate(value: unknown, options: InterpolateOptions): unknown {
  const { path = [], schema, isDeferred } = options;
  const into = (inner: unknown, key: string): unknown =>
    interpolate(inner, { ...options, path: [...path, key], schema: schemaOfKey(schema, key) });
  if (isDeferred?.(path)) return value;
  if (typeof value === 'string') {
    if (options.source.owner === 'project') refuseSecretInUrl(value, options);
    return fitted(value, inText(value, options), options);
  }
  if (Array.isArray(value)) return value.map((item, index) => into(item, String(index)));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, into(inner, key)]));
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

export function hasVariable(value: unknown): boolean {
  return typeof value === 'string' && /(^|[^$])\$\{/.test(value);
}

export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

export function schemaOfKey(schema: object | undefined, key: string): Schema | undefined {
  const { properties, patternProperties = {}, additionalProperties: others, items }: Schema = schema ?? {};
  const matching = Object.values(patternProperties)[0] ?? (typeof others === 'object' ? others : undefined);
  return properties?.[key] ?? matching ?? items;
}

/** Expands the text with marks in place of secrets, to see where in a URL the secrets would be. */
function refuseSecretInUrl(text: string, options: InterpolateOptions): void {
  const { environment, source, path = [] } = options;
  const names = [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name);
  const secrets = names.filter((name) => looksSecret(name) && environment[name]);
  if (secrets.length === 0) return;
  const marks = secrets.map((name) => [name, /passw|passphrase/i.test(name) ? '\u0001' : '\0']);
  const marked = inText(text, { ...options, environment: { ...environment, ...Object.fromEntries(marks) } });
  const isUrl = marked.includes('://') || path.some((key) => isUrlSetting(key));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks
  const rest = marked.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\\\s\0\u0001]*:\u0001@/i, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks
  if (!isUrl || !/[\0\u0001]/.test(rest)) return;
  const which = secrets.join(' and ');
  throw new ConfigError(
    'CONFIG_VARIABLE',
    `${source.at(path)}: ${path.join('.')}: the URL would send the secret ${which} to its host.`,
    { hint: `Take ${which} out of the URL, or set the whole URL with its flag or its variable.` },
  );
}

function isUrlSetting(key: string): boolean {
  return settingKeys.some((known) => known === key && settings[known].type === 'url');
}

function inText(text: string, { source, environment, path = [] }: InterpolateOptions): string {
  const where = (): string => `${source.at(path)}: ${path.join('.')}`;
  return text.replaceAll(
    /\$(\$\{)|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/g,
    (_, escaped: string | undefined, name: string | undefined, otherwise: string | undefined, at: number) => {
      if (escaped !== undefined) return escaped;
      if (name === undefined)
        throw new ConfigError('CONFIG_VARIABLE', `${where()}: "${text.slice(at)}" is not a variable.`, {
          hint: 'Write ${NAME} or ${NAME:-default}, with the closing brace, or $${ for ${ itself.',
        });
      const found = environment[name] || (otherwise ?? environment[name]);
      if (found !== undefined) return found;
      throw new ConfigError('CONFIG_VARIABLE', `${where()}: the variable ${name} is not set.`, {
        hint: `Set ${name} in the environment${dotEnvMaySet(name) ? ' or in .env' : ''}, or write \${${name}:-…} to give a default.`,
      });
    },
  );
}

/** Converts a value that consists of one variable to the type that the schema requires. Other texts stay as they are. */
export function fitted(
  raw: unknown,
  text: string,
  { schema, source, path = [] }: Pick<InterpolateOptions, 'schema' | 'source' | 'path'>,
): unknown {
  const [, name] = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}$/.exec(String(raw)) ?? [];
  const reading = readings[(schema as Schema | undefined)?.type ?? ''];
  if (name === undefined || reading === undefined) return text;
  const value = reading.read(text.trim());
  if (value !== undefined) return value;
  throw new ConfigError(
    'CONFIG_VARIABLE',
    `${source.at(path)}: ${path.join('.')}: the variable ${name} gives ${JSON.stringify(maskSecrets(text, name))}, expected ${reading.what}.`,
    { hint: `Set ${name} to such a value.` },
  );
}

interface Reading {
  readonly what: string;
  /** Undefined: the text does not have this type. */
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
