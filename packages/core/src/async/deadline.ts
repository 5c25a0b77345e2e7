/**
 * A signal that aborts with another one or after a time, and costs nothing once disposed. Node keeps an
 * `AbortSignal.any` over an `AbortSignal.timeout` that somebody listens to until the time is up.
 */
export class Deadline implements Disposable {
  /** The time was up, rather than that the other signal aborted. */
  passed = false;
  readonly #controller = new AbortController();
  readonly #stop: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  constructor(stop: AbortSignal, afterMs: number) {
    this.#stop = stop;
    this.#timer = setTimeout(this.#onTime, afterMs);
    if (stop.aborted) this.#onStop();
    else stop.addEventListener('abort', this.#onStop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stop.removeEventListener('abort', this.#onStop);
  }

  readonly #onStop = (): void => this.#controller.abort(this.#stop.reason);

  readonly #onTime = (): void => {
    if (this.signal.aborted) return;
    this.passed = true;
    this.#controller.abort(new DOMException('The time is up.', 'TimeoutError'));
  };
}
