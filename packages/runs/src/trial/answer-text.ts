import type { TrajectoryMessage } from '@cooperbench/core';

const maxCharacters = 200;

/** Returns the first line of an answer's command, or of its text when it has no command. */
export function answerText({ content, tool_calls: calls }: TrajectoryMessage): string {
  // An agent of somebody else may record null, although its types forbid it.
  const call = Array.isArray(calls) ? (calls[0] as ToolCall | undefined) : undefined;
  const line = /\S.*/.exec(call ? callText(call) : String(content ?? ''))?.[0].trimEnd() ?? '';
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters - 1)}…` : line;
}

type ToolCall = NonNullable<TrajectoryMessage['tool_calls']>[number];

function callText({ name, arguments: callArguments }: ToolCall): string {
  const command = (callArguments as { readonly command?: unknown } | null | undefined)?.command;
  if (typeof command === 'string') return command;
  return `${name} ${typeof callArguments === 'string' ? callArguments : JSON.stringify(callArguments ?? '')}`;
}
