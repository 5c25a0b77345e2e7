import { type JsonSchema, validationMessages } from '@cooperbench/core';
import { type OnBroken, readList } from './read-text.ts';

/** A message of a trajectory. Files of other tools may lack anything. */
export interface TrajectoryEntry {
  readonly role?: unknown;
  readonly content?: unknown;
  /** See `unixSeconds`. */
  readonly timestamp?: unknown;
  readonly tool_calls?: unknown;
  readonly input_tokens?: unknown;
  readonly output_tokens?: unknown;
  readonly cost?: unknown;
}

const entryShape: JsonSchema = {
  type: 'object',
  properties: {
    ...{ role: { type: ['string', 'null'] }, timestamp: { type: ['number', 'string', 'null'] } },
    ...{ output_tokens: { type: ['number', 'null'] }, cost: { type: ['number', 'null'] } },
  },
};

/**
 * The messages of a seat's trajectory. Empty when the file is missing or does not contain a trajectory. Leaves out messages
 * of another shape and calls `onBroken` for the first.
 */
export async function readTrajectory(path: string, onBroken?: OnBroken): Promise<TrajectoryEntry[]> {
  const reasons: string[] = [];
  const list = (await readList(path, onBroken)) ?? [];
  const entries = list.filter((entry, index): entry is TrajectoryEntry => {
    const [reason] = validationMessages(entryShape, entry);
    if (reason !== undefined) reasons.push(`message ${index + 1} does not count: ${reason}`);
    return reason === undefined;
  });
  if (reasons[0] !== undefined) onBroken?.(path, reasons[0]);
  return entries;
}

/** The messages in which the agent acted, one for each step. */
export function stepsOf(messages: readonly TrajectoryEntry[]): TrajectoryEntry[] {
  return messages.filter(({ role }) => role === 'assistant');
}

/** The commands of a step: its tool calls or, in agents that have none, the fenced blocks of its text. */
export function commandsOf({ tool_calls: calls, content }: TrajectoryEntry): string[] {
  if (Array.isArray(calls) && calls.length > 0) return calls.map(commandOf);
  const text = typeof content === 'string' ? content : '';
  return text.split('```').filter((_, index) => index % 2 === 1);
}

function commandOf(call: unknown): string {
  const { name, arguments: direct, function: nested } = (call ?? {}) as Record<string, unknown>;
  const wrapped = (nested ?? {}) as Record<string, unknown>;
  const given = direct ?? wrapped.arguments;
  const command = (given as { command?: unknown } | undefined)?.command;
  if (typeof command === 'string') return command;
  const rest = typeof given === 'string' ? given : JSON.stringify(given ?? '');
  return `${name ?? wrapped.name ?? ''} ${rest}`;
}

/** The commands of the channel `messages`, and of tools of other frameworks. */
const sendsOrReads = /\b(?:send_message|read_messages|receive_messages?|check_messages)\b/;
const usesTeamRemote = /\bgit\b[^;&|\n]{0,200}\b(?:push|fetch|pull|ls-remote)\b[^;&|\n]{0,200}\bteam\b/;

/** Whether the step sends or reads messages, or uses the shared git remote. */
export function communicates(step: TrajectoryEntry): boolean {
  return commandsOf(step).some((command) => sendsOrReads.test(command) || usesTeamRemote.test(command));
}
