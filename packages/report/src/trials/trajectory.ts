import { type JsonSchema, listValidationMessages } from '@cooperbench/core';
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
 * Reads the messages of a seat's trajectory. Empty when the file is missing or does not contain a trajectory. Leaves out
 * messages of another shape and calls `onBroken` for the first.
 */
export async function readTrajectory(path: string, onBroken?: OnBroken): Promise<TrajectoryEntry[]> {
  const reasons: string[] = [];
  const list = (await readList(path, onBroken)) ?? [];
  const entries = list.filter((entry, index): entry is TrajectoryEntry => {
    const [reason] = listValidationMessages(entryShape, entry);
    if (reason !== undefined) reasons.push(`message ${index + 1} does not count: ${reason}`);
    return reason === undefined;
  });
  if (reasons[0] !== undefined) onBroken?.(path, reasons[0]);
  return entries;
}

/** Lists the model's answers, one for each step. */
export function listSteps(messages: readonly TrajectoryEntry[]): TrajectoryEntry[] {
  return withWholeAnswers(messages).filter(({ role }) => role === 'assistant');
}

/** Joins the messages of each answer to one, at the place of the first. */
export function withWholeAnswers(messages: readonly TrajectoryEntry[]): TrajectoryEntry[] {
  return groupAnswers(messages).map((parts) => parts.reduce(joinEntries));
}

/**
 * Groups the messages of each answer, at the place of the first. Any other message is alone. A framework may report the parts of
 * an answer one by one, even with results of its first calls between them.
 */
export function groupAnswers<Entry extends TrajectoryEntry>(messages: readonly Entry[]): Entry[][] {
  const groups: Entry[][] = [];
  const answersById = new Map<unknown, Entry[]>();
  let last: Entry[] | undefined;
  for (const message of messages) {
    if (message.role !== 'assistant') {
      groups.push([message]);
      last = undefined;
      continue;
    }
    const { response_id: id } = message;
    const group = answersById.get(id) ?? (last && isContinuation(last, message) ? last : undefined);
    if (group) group.push(message);
    else groups.push([message]);
    last = group ?? groups.at(-1);
    if (typeof id === 'string' && last) answersById.set(id, last);
  }
  return groups;
}

/** Returns whether a message that follows the parts of an answer belongs to it, as far as they say. */
function isContinuation(parts: readonly TrajectoryEntry[], next: TrajectoryEntry): boolean {
  if (parts[0]?.subagent !== next.subagent) return false;
  if ((next.input_tokens ?? next.output_tokens) !== undefined) return false;
  return next.response_id === undefined || parts.every(({ response_id }) => response_id === undefined);
}

/** Returns one message with the texts and calls of two. */
function joinEntries(previous: TrajectoryEntry, next: TrajectoryEntry): TrajectoryEntry {
  const formatText = (key: 'content' | 'reasoning_content'): string =>
    [previous[key], next[key]].filter((part) => typeof part === 'string' && part !== '').join('\n');
  const calls = [previous.tool_calls, next.tool_calls].flatMap((list) => (Array.isArray(list) ? list : []));
  const reasoning_content = formatText('reasoning_content');
  return {
    ...next,
    ...previous,
    content: formatText('content'),
    ...(reasoning_content !== '' && { reasoning_content }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** Lists the commands of a step: its tool calls or, in agents that have none, the fenced blocks of its text. */
export function listCommands({ tool_calls: calls, content }: TrajectoryEntry): string[] {
  if (Array.isArray(calls) && calls.length > 0) return calls.map(getCommand);
  const text = typeof content === 'string' ? content : '';
  return text.split('```').filter((_, index) => index % 2 === 1);
}

function getCommand(call: unknown): string {
  const { name, arguments: direct, function: nested } = (call ?? {}) as Record<string, unknown>;
  const nestedCall = (nested ?? {}) as Record<string, unknown>;
  const directArguments = direct ?? nestedCall.arguments;
  const command = (directArguments as { command?: unknown } | undefined)?.command;
  if (typeof command === 'string') return command;
  const rest = typeof directArguments === 'string' ? directArguments : JSON.stringify(directArguments ?? '');
  return `${name ?? nestedCall.name ?? ''} ${rest}`;
}

/** The commands of the channel `messages`, the tools of the channel `mcp`, and of other frameworks. MCP tools are `mcp__SERVER__TOOL`. */
const sendsOrReads =
  /(?:\b|__)(?:send_message|read_messages|wait_for_message|receive_messages?|check_messages)\b/;
const usesTeamRemote = /\bgit\b[^;&|\n]{0,200}\b(?:push|fetch|pull|ls-remote)\b[^;&|\n]{0,200}\bteam\b/;

/** Returns whether the step sends or reads messages, or uses the shared git remote. */
export function communicates(step: TrajectoryEntry): boolean {
  return listCommands(step).some((command) => sendsOrReads.test(command) || usesTeamRemote.test(command));
}
