import { setTimeout as delay } from 'node:timers/promises';

/** How long requests wait when the provider does not say how long. */
const defaultMs = 1000;
/** A provider that limits tokens per minute takes new ones after a minute. */
const maxMs = 60_000;

/** Holds the requests of a seat back after a 429, for as long as the provider asks, at most a minute. */
export class RateHold {
  #until = 0;

  start(retryAfterMs: number = defaultMs): void {
    this.#until = Math.max(this.#until, performance.now() + Math.min(retryAfterMs, maxMs));
  }

  /** Rejects with the signal's reason. */
  async wait(signal: AbortSignal): Promise<void> {
    for (let ms = this.#getRemainingMs(); ms > 0; ms = this.#getRemainingMs())
      await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  #getRemainingMs(): number {
    return Math.ceil(this.#until - performance.now());
  }
}
