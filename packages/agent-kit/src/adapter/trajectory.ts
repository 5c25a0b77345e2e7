import type { TrajectoryMessage } from '@cooperbench/core';

/** Creates a message of the trajectory with the current time. Leaves out fields without a value. */
export function message(
  role: TrajectoryMessage['role'],
  content: string,
  fields: { readonly [Key in keyof TrajectoryMessage]?: TrajectoryMessage[Key] | undefined } = {},
): TrajectoryMessage {
  const isGiven = (value: unknown): boolean =>
    Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== '';
  const presentFields = Object.entries(fields).filter(([, value]) => isGiven(value));
  return { role, content, timestamp: Date.now() / 1000, ...Object.fromEntries(presentFields) };
}
