import type { TrajectoryMessage } from '../contracts/agent.ts';

const mostCharacters = 200;

/** The first line of what a message of a model runs or, when it runs nothing, of what it says. */
export function answerText({ content, tool_calls: [call] = [] }: TrajectoryMessage): string {
  const line = /\S.*/.exec(call ? callText(call) : String(content))?.[0].trimEnd() ?? '';
  return line.length > mostCharacters ? `${line.slice(0, mostCharacters - 1)}…` : line;
}

function callText({ name, arguments: given }: NonNullable<TrajectoryMessage['tool_calls']>[number]): string {
  const command = (given as { readonly command?: unknown } | null | undefined)?.command;
  if (typeof command === 'string') return command;
  return `${name} ${typeof given === 'string' ? given : JSON.stringify(given ?? '')}`;
}
