import { readFile } from 'node:fs/promises';
import { ConfigError, getMessage } from '@cooperbench/core';

/**
 * Reads the file of `--agent-config`. `parse` throws an Error that says what is wrong with it. `expected` is the next step for
 * the user. @throws ConfigError `AGENT_CONFIG`.
 */
export async function readAgentConfig<T>(
  path: string,
  parse: (text: string) => T,
  expected: string,
): Promise<T> {
  try {
    return parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(
      'AGENT_CONFIG',
      `The agent configuration ${path} cannot be used: ${getMessage(error)}`,
      { cause: error, hint: expected },
    );
  }
}

/** Parses a JSON object. `fixed` lists the keys that CooperBench sets, such as `llm.model`. @throws Error. */
export function parseSettings(text: string, fixed: readonly string[]): Readonly<Record<string, unknown>> {
  const settings: unknown = JSON.parse(text);
  if (!isObject(settings)) throw new TypeError('it is not a JSON object');
  for (const key of fixed) {
    const parts = key.split('.');
    const value = parts.reduce<unknown>(
      (current, part) => (isObject(current) ? current[part] : undefined),
      settings,
    );
    if (value !== undefined) throw new TypeError(`it has the key "${key}", which CooperBench sets`);
  }
  return settings;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
