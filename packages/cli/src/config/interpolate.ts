import { ConfigError } from '@cooperbench/core/errors';
import type { ConfigSource } from './read.ts';

/**
 * The value with each `${NAME}` in its texts replaced by that environment variable, and `${NAME:-text}` by `text` where it
 * is not set or empty. `$${` stands for `${`. @throws ConfigError `CONFIG_VARIABLE` naming file and key.
 */
export function interpolate(
  value: unknown,
  source: Pick<ConfigSource, 'at'>,
  environment: NodeJS.ProcessEnv,
  path: readonly string[] = [],
): unknown {
  if (typeof value === 'string') return inText(value, source, environment, path);
  if (Array.isArray(value))
    return value.map((item, index) => interpolate(item, source, environment, [...path, String(index)]));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      interpolate(inner, source, environment, [...path, key]),
    ]),
  );
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function inText(
  text: string,
  source: Pick<ConfigSource, 'at'>,
  environment: NodeJS.ProcessEnv,
  path: readonly string[],
): string {
  return text.replaceAll(
    /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (_, escaped?: string, name = '', otherwise?: string) => {
      if (escaped !== undefined) return escaped;
      const found = environment[name] || (otherwise ?? environment[name]);
      if (found !== undefined) return found;
      throw new ConfigError(
        'CONFIG_VARIABLE',
        `${source.at(path)}: ${path.join('.')}: the variable ${name} is not set.`,
        { hint: `Set ${name} in the environment or in .env, or write \${${name}:-…} to give a default.` },
      );
    },
  );
}
