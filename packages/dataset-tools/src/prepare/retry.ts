import { setTimeout as delay } from 'node:timers/promises';
import type { CooperBenchError } from '@cooperbench/core';

/** A failure after which another attempt may succeed. `error` is thrown after the last attempt. */
export class TemporaryFailure extends Error {
  readonly error: CooperBenchError;
  /** How long the server asks to wait. */
  readonly waitMs: number | undefined;

  constructor(error: CooperBenchError, waitMs?: number) {
    super(error.message);
    this.error = error;
    this.waitMs = waitMs;
  }
}

export interface Retries {
  readonly attempts: number;
  /** Wait before the second attempt. Doubles with each further attempt. */
  readonly backoffMs: number;
  readonly signal: AbortSignal;
  readonly onRetry: (reason: string, waitMs: number) => void;
}

/** Maximum wait before an attempt. The Hub counts requests in windows of five minutes. */
const maxWaitMs = 10 * 60_000;

/** Repeats work that fails with a TemporaryFailure. */
export async function withRetries<T>(work: () => Promise<T>, retries: Retries): Promise<T> {
  const { attempts, backoffMs, signal, onRetry } = retries;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (failure) {
      signal.throwIfAborted();
      if (!(failure instanceof TemporaryFailure)) throw failure;
      const waitMs = failure.waitMs ?? backoffMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      if (attempt >= attempts || waitMs > maxWaitMs) throw failure.error;
      onRetry(failure.message, waitMs);
      await delay(waitMs, undefined, { signal });
    }
  }
}

/** Reads `Retry-After` (seconds) and the Hub's `RateLimit: …;t=SECONDS`. */
export function findRequestedWaitMs(headers: Headers): number | undefined {
  const retryAfter = /^\s*(\d+)\s*$/.exec(headers.get('retry-after') ?? '')?.[1];
  const reset = /(?:^|;)\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  const seconds = retryAfter ?? reset;
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
