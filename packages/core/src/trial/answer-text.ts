import type { TrajectoryMessage } from '../contracts/agent.ts';

const maxCharacters = 200;

/** Returns the first line of an answer's command, or of its text when it has no command. */
export function answerText({ content, tool_calls: [call] = [] }: TrajectoryMessage): string {
  const line = /\S.*/.exec(call ? callText(call) : String(content))?.[0].trimEnd() ?? '';
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters - 1)}…` : line;
}

function callText({ name, arguments: given }: NonNullable<TrajectoryMessage['tool_calls']>[number]): string {
  const command = (given as { readonly command?: unknown } | null | undefined)?.command;
  if (typeof command === 'string') return command;
  return `${name} ${typeof given === 'string' ? given : JSON.stringify(given ?? '')}`;
}
