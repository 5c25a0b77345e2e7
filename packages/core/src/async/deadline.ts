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

/** Waits at most `ms` until all promises have settled. Resolves with false when the time is up first. Never rejects. */
export async function settledWithin(ms: number, ...work: readonly Promise<unknown>[]): Promise<boolean> {
  if (work.length === 0) return true;
  using deadline = new Deadline(ms);
  const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
  deadline.signal.addEventListener('abort', () => resolve(), { once: true });
  await Promise.race([Promise.allSettled(work), timeIsUp]);
  return !deadline.passed;
}
