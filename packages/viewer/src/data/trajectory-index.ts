import { readWholeFile } from '@cooperbench/core/read-file';
import { findUnixSeconds, type TrajectoryEntry } from '@cooperbench/report';

/** Where the messages of a trajectory are in its file. A file of 50 MB is scanned in a fraction of the time of parsing it. */
export interface TrajectoryIndex {
  readonly bytes: number;
  /** Message i is the JSON in the bytes from `starts[i]` to `ends[i]`. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Slice i begins with message `slices[i]`. */
  readonly slices: readonly number[];
  /**
   * The messages with their places. Whole: those of the role `assistant`, and the first and last, for their times. Of others,
   * only the role, the time and the call that they answer.
   */
  readonly entries: readonly IndexedEntry[];
  /** Why the file cannot be read, or not to its end. */
  readonly problem: string | null;
  readonly isMissing: boolean;
}

export interface IndexedEntry {
  readonly message: number;
  readonly entry: TrajectoryEntry;
}

export const noIndex: TrajectoryIndex = {
  bytes: 0,
  starts: [],
  ends: [],
  slices: [],
  entries: [],
  problem: null,
  isMissing: false,
};

/** Bytes of the file that a slice has at most, unless it is one message. */
const sliceBytes = 256 * 1024;

/**
 * Indexes a trajectory: an array of messages, or an object with such an array as `messages`. Reads at most `maxFileBytes`.
 * `isGrowing`: the file is what a running trial has written so far, messages without the list around them.
 */
export async function indexTrajectory(
  path: string,
  { isGrowing = false }: { readonly isGrowing?: boolean } = {},
): Promise<TrajectoryIndex> {
  let file: Buffer;
  try {
    file = readWholeFile(path, { followLinks: false });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return { ...noIndex, problem: message };
    return isGrowing ? noIndex : { ...noIndex, problem: 'The file is missing.', isMissing: true };
  }
  const { starts, ends, whole } = scan(file, isGrowing);
  const entries: IndexedEntry[] = [];
  for (const [message, start] of starts.entries()) {
    const end = ends[message] ?? start;
    const isEdge = message === 0 || message === starts.length - 1;
    const role = isEdge ? undefined : findFirstRole(file, start);
    const isWhole = role === undefined || role === 'assistant';
    const entry = isWhole
      ? parseEntry(file.toString('utf8', start, end))
      : { role, ...keysAtEdges(file, start, end) };
    if (entry)
      entries.push({ message, entry: isEdge || entry.role === 'assistant' ? entry : shortenEntry(entry) });
  }
  const problem = whole || isGrowing ? null : 'The file does not contain a whole trajectory.';
  return {
    bytes: file.length,
    starts,
    ends,
    slices: listSlices(starts, ends),
    entries,
    problem,
    isMissing: false,
  };
}

/** Lists the calls of a message that have an id. */
export function listCallsIn({
  tool_calls: calls,
}: TrajectoryEntry): { readonly id: string; readonly name: string }[] {
  return (Array.isArray(calls) ? calls : []).flatMap((call: { id?: unknown } | null) =>
    typeof call?.id === 'string' && call.id !== '' ? [{ id: call.id, name: getToolName(call) }] : [],
  );
}

/** Returns the name of the tool that a call uses, in any of the forms of providers. */
export function getToolName(call: unknown): string {
  const { name, function: functionPart } = (call ?? {}) as { name?: unknown; function?: { name?: unknown } };
  return String(name ?? functionPart?.name ?? '');
}

function listSlices(starts: readonly number[], endIndexes: readonly number[]): number[] {
  const slices: number[] = [];
  let first = 0;
  for (const [index, end] of endIndexes.entries()) {
    if (index > 0 && end - first <= sliceBytes) continue;
    slices.push(index);
    first = starts[index] ?? 0;
  }
  return slices;
}

function parseEntry(json: string): TrajectoryEntry | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Finds the role of a message that begins with it, as in most files. Most bytes are tools', which need no parsing then. */
function findFirstRole(file: Buffer, start: number): string | undefined {
  return /^\{\s*"role"\s*:\s*"(\w*)"/.exec(file.toString('latin1', start, start + 80))?.[1];
}

/** Those among the last or first keys of a message. Within a text, their quotes would have backslashes. */
function keysAtEdges(file: Buffer, start: number, end: number): TrajectoryEntry {
  const edges = [
    file.toString('utf8', Math.max(start, end - keyBytes), end),
    file.toString('utf8', start, Math.min(end, start + keyBytes)),
  ];
  const findKeyAt = (pattern: RegExp): string | undefined =>
    edges.map((edge) => pattern.exec(edge)?.[1]).find((value) => value !== undefined);
  // A value that an edge cuts off has nothing behind it.
  const id = findKeyAt(/(?<!\\)"tool_call_id"\s*:\s*("(?:[^"\\]|\\.)*")/);
  const time = findKeyAt(/(?<!\\)"timestamp"\s*:\s*("(?:[^"\\]|\\.)*"|[\d.eE+-]+(?=\s*[,}]))/);
  return {
    ...(id !== undefined && parseEntry(`{"tool_call_id":${id}}`)),
    ...(time !== undefined && parseEntry(`{"timestamp":${time}}`)),
  };
}

/** Bytes at either end of a message that are searched for a key. */
const keyBytes = 500;

function shortenEntry({ role, tool_call_id, timestamp }: TrajectoryEntry): TrajectoryEntry {
  const time = findUnixSeconds(timestamp);
  return {
    role,
    ...(typeof tool_call_id === 'string' && { tool_call_id }),
    ...(time !== undefined && { timestamp: time }),
  };
}

const [quote, backslash, openList, closeList, openObject, closeObject] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Finds the objects of the list of messages. Jumps over strings, which are nearly all of a large file. */
function scan(file: Buffer, isGrowing: boolean): { starts: number[]; ends: number[]; whole: boolean } {
  const starts: number[] = [];
  const endIndexes: number[] = [];
  let depth = isGrowing ? 1 : 0;
  /** The depth inside of the list of messages. 0: it has not begun; -1: it has ended. */
  let listDepth = depth;
  let lastString = '';
  for (let index = 0; index < file.length; index += 1) {
    const byte = file[index];
    if (byte === quote) {
      const end = endOfString(file, index + 1);
      if (depth === 1 && listDepth === 0)
        lastString = file.toString('utf8', index + 1, Math.min(end, index + 20));
      index = end;
    } else if (byte === openObject || byte === openList) {
      if (listDepth > 0 && depth === listDepth && byte === openObject) starts.push(index);
      depth += 1;
      const isMessages = depth === 1 || (depth === 2 && lastString === 'messages' && file[0] !== openList);
      if (byte === openList && listDepth === 0 && isMessages) listDepth = depth;
    } else if (byte === closeObject || byte === closeList) {
      if (depth === listDepth) listDepth = -1;
      depth -= 1;
      if (listDepth > 0 && depth === listDepth && byte === closeObject) endIndexes.push(index + 1);
    }
  }
  const isComplete = listDepth === -1 && depth === 0;
  return { starts: starts.slice(0, endIndexes.length), ends: endIndexes, whole: isComplete };
}

/** Returns the index of the quote that ends a string. */
function endOfString(file: Buffer, from: number): number {
  for (let index = file.indexOf(quote, from); index !== -1; index = file.indexOf(quote, index + 1)) {
    let slashes = 0;
    while (file[index - 1 - slashes] === backslash && index - 1 - slashes >= from) slashes += 1;
    if (slashes % 2 === 0) return index;
  }
  return file.length;
}
