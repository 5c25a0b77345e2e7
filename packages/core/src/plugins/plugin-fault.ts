import { CooperBenchError, getMessage, PluginError } from '../contracts/errors.ts';
import { explainSharedLimit } from '../contracts/system-errors.ts';

const report = 'Report it to the author of the plugin. Set DEBUG=1 to see where it happens.';

/** A limit of this process or machine is not the plugin's fault. The message says what to do about it. */
function hintFor(cause: unknown): string | undefined {
  return explainSharedLimit(cause) ? undefined : report;
}

/** The members that an object made by a plugin must have. */
export type RequiredMembers = Readonly<Record<PropertyKey, 'function' | 'string' | 'object'>>;

/** Creates the error for a plugin that fails before the run starts. */
export function createPluginFault(failure: string, cause: unknown): PluginError {
  return new PluginError('PLUGIN_FAULT', `${failure}: ${getMessage(cause)}`, {
    hint: hintFor(cause),
    cause,
  });
}

/** Creates the error for a plugin that fails during a run. It is not a PluginError, which means that nothing has run. */
export function createFaultMidwayError(failure: string, cause: unknown): CooperBenchError {
  return new CooperBenchError('PLUGIN_FAULT', `${failure}: ${getMessage(cause)}`, {
    hint: hintFor(cause),
    cause,
  });
}

/** Returns the value if it has all required members. `giver` is the function that returned it. @throws TypeError. */
export function requireMembers<T>(value: T, members: RequiredMembers, giver: string): T {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${giver}() returned ${String(value)}; expected an object.`);
  for (const key of Reflect.ownKeys(members)) {
    const kind = members[key as string];
    if (typeof value[key as keyof typeof value] === kind) continue;
    // Node 22 describes the symbol in another way.
    const name = key === Symbol.asyncDispose ? '[Symbol.asyncDispose]' : `"${String(key)}"`;
    throw new TypeError(`${giver}() returned an object without the ${kind} ${name}.`);
  }
  return value;
}

/** Returns the value if it is a text. `giver` is the function that returned it. @throws TypeError. */
export function requireText(value: string, giver: string): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${giver} returns ${String(value)}, which is not a text.`);
}
