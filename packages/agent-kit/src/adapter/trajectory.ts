import type { TrajectoryMessage } from '@cooperbench/core';

/** Creates a message of the trajectory with the current time. */
export function message(
  role: TrajectoryMessage['role'],
  content: string,
  tool_calls: TrajectoryMessage['tool_calls'] = [],
): TrajectoryMessage {
  return { role, content, timestamp: Date.now() / 1000, ...(tool_calls.length > 0 && { tool_calls }) };
}
