import { open } from 'node:fs/promises';
import { findUnixSeconds, listCommands } from '@cooperbench/report';
import type { SliceDocument, TrajectoryMessage } from './model.ts';
import { buildText, formatContentText, parseNumber } from './texts.ts';
import { getToolName, listCallsIn, type TrajectoryIndex } from './trajectory-index.ts';

/** Slice `number` of a trajectory, read from its place in the file. `start`: unix seconds of the trial's clock. */
export async function readSlice(
  path: string,
  { starts, ends, slices, entries }: TrajectoryIndex,
  number: number,
  start: number,
): Promise<SliceDocument> {
  const first = slices[number] ?? 0;
  const next = slices[number + 1] ?? starts.length;
  const [from, to] = [starts[first] ?? 0, ends[next - 1] ?? 0];
  await using file = await open(path);
  const bytes = Buffer.alloc(Math.max(0, to - from));
  await file.read(bytes, 0, bytes.length, from);
  const answers = mapAnsweredCalls(entries);
  const messages = starts.slice(first, next).map((begin, offset) => {
    const json = bytes.toString('utf8', begin - from, (ends[first + offset] ?? begin) - from);
    return buildMessage(json, first + offset, start, answers.get(first + offset) ?? null);
  });
  return { schema_version: 1, messages };
}

/** By message, the call that it answers. */
function mapAnsweredCalls(
  entries: TrajectoryIndex['entries'],
): ReadonlyMap<number, NonNullable<TrajectoryMessage['answers']>> {
  const calls = new Map<unknown, NonNullable<TrajectoryMessage['answers']>>();
  const callsById = new Map<number, NonNullable<TrajectoryMessage['answers']>>();
  for (const { message, entry } of entries) {
    for (const { id, name } of listCallsIn(entry)) calls.set(id, { name, message });
    const call = calls.get(entry.tool_call_id);
    if (call) callsById.set(message, call);
  }
  return callsById;
}

function buildMessage(
  json: string,
  index: number,
  start: number,
  answers: TrajectoryMessage['answers'],
): TrajectoryMessage {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(json);
  } catch {
    value = { role: 'unreadable', content: json };
  }
  const { role, content, name, timestamp, tool_calls: calls } = value;
  const reasoning = formatContentText(value.reasoning_content);
  const time = findUnixSeconds(timestamp);
  const commands = Array.isArray(calls) ? listCommands({ tool_calls: calls }) : [];
  return {
    index,
    role: String(role ?? ''),
    name: typeof name === 'string' ? name : null,
    seconds: time === undefined ? null : Math.max(0, time - start),
    cost: parseNumber(value.cost),
    input_tokens: parseNumber(value.input_tokens),
    output_tokens: parseNumber(value.output_tokens),
    answers,
    thought: reasoning === '' ? null : buildText(reasoning),
    tool_calls: commands.map((command, commandIndex) => ({
      name: getToolName((calls as readonly unknown[])[commandIndex]),
      arguments: buildText(command),
    })),
    ...buildText(formatContentText(content)),
  };
}
