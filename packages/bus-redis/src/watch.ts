import type { Cancellable } from '@cooperbench/core';
import { parseAddress } from './address.ts';
import { Connection } from './connection.ts';
import { defaults, type RedisBusOptions } from './options.ts';

export interface WatchOptions
  extends Cancellable,
    Pick<RedisBusOptions, 'keyPrefix' | 'connectTimeoutMs' | 'outageMs'> {}

/** An event of a run. `trial` is `<setting>/<repo>/<task_id>/f1_f2`. `at` and `sentAt` are Unix seconds. */
export type WatchEvent =
  | {
      readonly type: 'message';
      readonly trial: string;
      readonly at: number;
      readonly id: string;
      readonly from: string;
      readonly to: string;
      readonly text: string;
      readonly sentAt: number;
      /** The seats that accepted it. */
      readonly takers: readonly string[];
    }
  | {
      readonly type: 'seat_opened' | 'seat_closed';
      readonly trial: string;
      readonly at: number;
      readonly seat: string;
    }
  | { readonly type: 'phase_started'; readonly trial: string; readonly at: number; readonly phase: string }
  /** Redis lost messages of this trial that it had accepted. */
  | { readonly type: 'lost'; readonly trial: string; readonly at: number }
  /** The process of the run has ended. */
  | { readonly type: 'ended'; readonly at: number };

/** How long one request waits for new entries. */
const blockMs = 10_000;
const batch = 100;

/** Implements `watchRun`. */
export async function* watch(
  url: string,
  run: string,
  { signal, ...options }: WatchOptions,
): AsyncGenerator<WatchEvent, void, void> {
  signal?.throwIfAborted();
  await using connection = new Connection(parseAddress(url), { ...defaults, ...options });
  const abort = (): void => void connection[Symbol.asyncDispose]();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const key = `${options.keyPrefix ?? defaults.keyPrefix}run:${run}`;
    let cursor = '0-0';
    // When the bus misses an answer, it writes the entry again.
    const seenIds = new Set<string | undefined>();
    for (;;) {
      const entries = await connection.run((client) =>
        client.xread('COUNT', batch, 'BLOCK', blockMs, 'STREAMS', key, cursor),
      );
      for (const [entry, values] of entries?.[0]?.[1] ?? []) {
        signal?.throwIfAborted();
        cursor = entry;
        const fields = record(values);
        const event = seenIds.has(fields.id) ? undefined : toEvent(entry, fields);
        seenIds.add(fields.id);
        if (event !== undefined) yield event;
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

type Fields = Partial<Record<string, string>>;

function record(values: readonly string[]): Fields {
  return Object.fromEntries(
    Array.from({ length: values.length / 2 }, (_, n) => [values[2 * n], values[2 * n + 1]]),
  );
}

function toEvent(entry: string, fields: Fields): WatchEvent | undefined {
  const time = Number(entry.split('-')[0]) / 1000;
  const { type, trial = '', seat = '', id = '', from = '', to = '', text = '', phase = '' } = fields;
  if (type === 'seat_opened' || type === 'seat_closed') return { type, trial, at: time, seat };
  if (type === 'phase_started') return { type, trial, at: time, phase };
  if (type === 'lost') return { type, trial, at: time };
  if (type === 'ended') return { type, at: time };
  if (type !== 'message') return undefined;
  const { sentAt = '0', takers = '[]' } = fields;
  return { type, trial, at: time, id, from, to, text, sentAt: Number(sentAt), takers: listTakers(takers) };
}

/** The keys of a run are in a Redis that others may write to. */
function listTakers(text: string): readonly string[] {
  try {
    const takers: unknown = JSON.parse(text);
    return Array.isArray(takers) ? takers.map(String) : [];
  } catch {
    return [];
  }
}
