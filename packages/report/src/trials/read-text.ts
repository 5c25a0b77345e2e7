import { getMessage } from '@cooperbench/core/errors';
import { isFileSpecificError } from '@cooperbench/core/host';
import { readText } from '@cooperbench/records';

/** Gets each file that cannot be read, or not completely, and the reason. */
export type OnBroken = (path: string, reason: string) => void;

/** Finds the text of a file of a trial. Returns undefined if it is missing, or it cannot be read. */
export async function findTextAt(path: string, onBroken?: OnBroken): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (!isFileSpecificError(error)) throw error;
    onBroken?.(path, getMessage(error));
    return undefined;
  }
}

/** Reads the list in a JSON file: the file's value, or what the key `messages` holds. Returns undefined if there is none. */
export async function readList(path: string, onBroken?: OnBroken): Promise<unknown[] | undefined> {
  const text = await findTextAt(path, onBroken);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    onBroken?.(path, getMessage(error));
    return undefined;
  }
  const list = Array.isArray(value) ? value : (value as { messages?: unknown } | null)?.messages;
  if (Array.isArray(list)) return list;
  onBroken?.(path, 'it does not contain a list of messages');
  return undefined;
}

/**
 * Parses a time as unix seconds. The original's frameworks write such seconds, or ISO 8601. Returns undefined for anything
 * else.
 */
export function findUnixSeconds(time: unknown): number | undefined {
  const seconds = typeof time === 'string' ? Date.parse(time) / 1000 : time;
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : undefined;
}
