import { CooperBenchError, messageOf, PluginError } from '../contracts/errors.ts';

const hint = 'Its author can mend that; set DEBUG=1 to see where.';

/** What a value made by a plugin must have. */
export type RequiredMembers = Readonly<Record<PropertyKey, 'function' | 'text'>>;

/**
 * Does what a plugin wrote. What it throws on purpose is passed on, and so is an abort; anything else is told as its
 * fault. `what` begins the message: `The agent "foo" of plugin bar could not be made`. @throws PluginError `PLUGIN_FAULT`.
 */
export async function asPluginFault<T>(
  what: string,
  work: () => T | Promise<T>,
  signal?: AbortSignal | undefined,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (CooperBenchError.is(error) || signal?.aborted) throw error;
    throw new PluginError('PLUGIN_FAULT', `${what}: ${messageOf(error)}`, { hint, cause: error });
  }
}

/** The same for what goes wrong after work was done: it does not say that nothing was run. */
export function faultMidway(what: string, why: unknown): CooperBenchError {
  return new CooperBenchError('PLUGIN_FAULT', `${what}: ${messageOf(why)}`, { hint, cause: why });
}

/** A value with all its parts. @throws TypeError that says what `giver` did not give. */
export function requireMembers<T>(value: T, parts: RequiredMembers, giver: string): T {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${giver} gives ${String(value)}.`);
  for (const key of Reflect.ownKeys(parts)) {
    const part = parts[key as string];
    if (typeof value[key as keyof typeof value] === (part === 'text' ? 'string' : part)) continue;
    const name = typeof key === 'symbol' ? `[${key.description}]` : `"${key}"`;
    throw new TypeError(`what ${giver} gives has no ${part} ${name}.`);
  }
  return value;
}
