import { untilAborted } from './until-aborted.ts';

/** The longest time that a timer of Node.js can wait. It fires a longer one after a millisecond. */
export const maxTimerMs: number = 2 ** 31 - 1;

/** The reason of a signal that aborted because a time limit of ours was reached. */
export class TimeLimitError extends DOMException {
  constructor(message: string) {
    super(message, 'TimeoutError');
  }
}

/**
 * A time limit. `signal` aborts after `afterMs`, or earlier with `stop`. `afterMs` may be infinite.
 * Disposing frees the timer and the listener. Node would keep an `AbortSignal.any` with an `AbortSignal.timeout` until the time
 * is up.
 */
export class Deadline implements Disposable {
  /** True when the time was up before `stop` aborted. */
  passed = false;
  readonly #controller = new AbortController();
  readonly #stop: AbortSignal | undefined;
  readonly #message: string;
  #timer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  /** `message`: of the TimeLimitError that is the signal's reason when the time is up. */
  constructor(afterMs: number, stop?: AbortSignal, message: string = 'The time is up.') {
    this.#stop = stop;
    this.#message = message;
    this.limit(afterMs);
    if (stop?.aborted) this.#onStop();
    else stop?.addEventListener('abort', this.#onStop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Sets another time, which counts from now. */
  limit(afterMs: number): void {
    clearTimeout(this.#timer);
    if (afterMs < Number.POSITIVE_INFINITY && !this.#isDisposed)
      this.#timer = setTimeout(this.#onTime, Math.min(afterMs, maxTimerMs));
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#stop?.removeEventListener('abort', this.#onStop);
  }

  readonly #onStop = (): void => this.#controller.abort(this.#stop?.reason);

  readonly #onTime = (): void => {
    if (this.signal.aborted) return;
    this.passed = true;
    this.#controller.abort(new TimeLimitError(this.#message));
  };
}

/**
 * The time that work has left once a signal aborts. `signal` aborts `ms` after that, with a TimeLimitError. Disposing frees the
 * timer.
 */
export class GracePeriod implements Disposable {
  readonly #controller = new AbortController();
  readonly #start: AbortSignal | undefined;
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, start: AbortSignal | undefined) {
    this.#ms = ms;
    this.#start = start;
    if (start?.aborted) this.#onStart();
    else start?.addEventListener('abort', this.#onStart, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#start?.removeEventListener('abort', this.#onStart);
  }

  readonly #onStart = (): void => {
    const reason = new TimeLimitError(`it did not end within ${this.#ms / 1000} s of the interruption`);
    this.#timer = setTimeout(() => this.#controller.abort(reason), this.#ms);
  };
}

/**
 * Waits at most `ms` for a result. When the time is up, or `stop` aborts, it aborts the signal of the work and no longer waits
 * for it. @throws what `late` returns when the time is up; the reason of `stop`.
 */
export async function withTimeout<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  createLateError: () => unknown,
  stop?: AbortSignal,
): Promise<T> {
  using deadline = new Deadline(ms, stop);
  try {
    return await untilAborted(work(deadline.signal), deadline.signal);
  } catch (error) {
    throw deadline.passed ? createLateError() : error;
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
