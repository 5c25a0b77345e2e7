import { untilAborted } from './until-aborted.ts';

/**
 * A time limit. `signal` aborts after `afterMs`, or earlier with `stop`. Disposing frees the timer and the listener. Node
 * would keep an `AbortSignal.any` with an `AbortSignal.timeout` until the time is up.
 */
export class Deadline implements Disposable {
  /** True when the time was up before `stop` aborted. */
  passed = false;
  readonly #controller = new AbortController();
  readonly #stop: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(afterMs: number, stop?: AbortSignal) {
    this.#stop = stop;
    this.#timer = setTimeout(this.#onTime, afterMs);
    if (stop?.aborted) this.#onStop();
    else stop?.addEventListener('abort', this.#onStop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stop?.removeEventListener('abort', this.#onStop);
  }

  readonly #onStop = (): void => this.#controller.abort(this.#stop?.reason);

  readonly #onTime = (): void => {
    if (this.signal.aborted) return;
    this.passed = true;
    this.#controller.abort(new DOMException('The time is up.', 'TimeoutError'));
  };
}

/**
 * Waits at most `ms` for a result. When the time is up, or `stop` aborts, it aborts the signal of the work and no longer waits
 * for it. @throws what `late` returns when the time is up; the reason of `stop`.
 */
export async function within<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  late: () => unknown,
  stop?: AbortSignal,
): Promise<T> {
  using deadline = new Deadline(ms, stop);
  try {
    return await untilAborted(work(deadline.signal), deadline.signal);
  } catch (error) {
    throw deadline.passed ? late() : error;
  }
}

/** Waits at most `ms` until all promises have settled. Resolves with false when the time is up first. Never rejects. */
export async function settledWithin(ms: number, ...work: readonly Promise<unknown>[]): Promise<boolean> {
  if (work.length === 0) return true;
  using deadline = new Deadline(ms);
  const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
  deadline.signal.addEventListener('abort', () => resolve(), { once: true });
  await Promise.race([Promise.allSettled(work), timeIsUp]);
  return !deadline.passed;
}
