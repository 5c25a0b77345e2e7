import { setTimeout as delay } from 'node:timers/promises';
import type { CooperBenchError } from '@cooperbench/core';

/** A failure that may pass. `error` is what to throw when it does not. */
export class Passing extends Error {
  readonly error: CooperBenchError;
  /** As the server asked for. */
  readonly waitMs: number | undefined;

  constructor(error: CooperBenchError, waitMs?: number) {
    super(error.message);
    this.error = error;
    this.waitMs = waitMs;
  }
}

export interface Patience {
  readonly attempts: number;
  /** Before the second attempt; doubled for each further one. */
  readonly backoffMs: number;
  readonly signal: AbortSignal;
  readonly onRetry: (reason: string, waitMs: number) => void;
}

/** The server may ask to wait this long; the Hub counts requests in windows of five minutes. */
const longestWaitMs = 10 * 60_000;

/** Does the work until it does not fail in passing. @throws the `error` of the last Passing; what else it throws. */
export async function patiently<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    patience.signal.throwIfAborted();
    try {
      return await work();
    } catch (failure) {
      patience.signal.throwIfAborted();
      if (!(failure instanceof Passing)) throw failure;
      const backoffMs = patience.backoffMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      const waitMs = failure.waitMs ?? backoffMs;
      if (attempt >= patience.attempts || waitMs > longestWaitMs) throw failure.error;
      patience.onRetry(failure.message, waitMs);
      await delay(waitMs, undefined, { signal: patience.signal });
    }
  }
}

/** What `Retry-After` (seconds or a date) or the Hub's `RateLimit: …;t=SECONDS` ask for. */
export function askedWaitMs(headers: Headers): number | undefined {
  const after = headers.get('retry-after')?.trim();
  if (after && /^\d+$/.test(after)) return Number(after) * 1000;
  const date = after ? Date.parse(after) : Number.NaN;
  if (!Number.isNaN(date)) return Math.max(0, date - Date.now());
  const reset = /(?:^|;)\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  return reset === undefined ? undefined : Number(reset) * 1000;
}
