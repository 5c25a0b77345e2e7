import { type JsonSchema, validationMessages } from '@cooperbench/core';
import { type OnBroken, readList } from './read-text.ts';

/** A message of a trajectory. Files of other tools may lack anything. */
export interface TrajectoryEntry {
  readonly role?: unknown;
  readonly content?: unknown;
  /** See `unixSeconds`. */
  readonly timestamp?: unknown;
  readonly tool_calls?: unknown;
  readonly tool_call_id?: unknown;
  readonly reasoning_content?: unknown;
  readonly subagent?: unknown;
  readonly response_id?: unknown;
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

/** The model's answers, one for each step. The messages of one answer become one. */
export function stepsOf(messages: readonly TrajectoryEntry[]): TrajectoryEntry[] {
  const steps: TrajectoryEntry[] = [];
  let last: TrajectoryEntry | undefined;
  for (const message of messages) {
    const isAnswer = message.role === 'assistant';
    if (isAnswer && last !== undefined && isSameAnswer(last, message)) {
      last = joined(last, message);
      steps.pop();
    } else last = isAnswer ? message : undefined;
    if (last !== undefined) steps.push(last);
  }
  return steps;
}

/** Whether a message of the model continues the answer that the message before it belongs to. */
export function isSameAnswer(before: TrajectoryEntry, next: TrajectoryEntry): boolean {
  if (before.subagent !== next.subagent) return false;
  if ((next.input_tokens ?? next.output_tokens) !== undefined) return false;
  const [one, other] = [before.response_id, next.response_id];
  return one === undefined || other === undefined || one === other;
}

/** One message with the texts and calls of two. */
export function joined(before: TrajectoryEntry, next: TrajectoryEntry): TrajectoryEntry {
  const text = (key: 'content' | 'reasoning_content'): string =>
    [before[key], next[key]].filter((part) => typeof part === 'string' && part !== '').join('\n');
  const calls = [before.tool_calls, next.tool_calls].flatMap((list) => (Array.isArray(list) ? list : []));
  const reasoning_content = text('reasoning_content');
  return {
    ...next,
    ...before,
    content: text('content'),
    ...(reasoning_content !== '' && { reasoning_content }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
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
