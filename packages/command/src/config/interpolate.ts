import { type ExpandOptions, expandVariables } from './expand-variables.ts';
import { findSchemaOfKey, fitVariable } from './fit-variable.ts';
import { refuseSecretInUrl } from './secret-in-url.ts';

interface InterpolateOptions extends ExpandOptions {
  /** The schema of the value. */
  readonly schema?: object | undefined;
  /** Returns whether variables below a path are not replaced yet. */
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
  const interpolateInto = (inner: unknown, key: string): unknown =>
    interpolate(inner, { ...options, path: [...path, key], schema: findSchemaOfKey(schema, key) });
  if (isDeferred?.(path)) return value;
  if (typeof value === 'string') {
    if (options.source.owner === 'project') refuseSecretInUrl(value, options);
    return fitVariable(value, expandVariables(value, options), options);
  }
  if (Array.isArray(value)) return value.map((item, index) => interpolateInto(item, String(index)));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, interpolateInto(inner, key)]));
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
