/** Lets calls wait until something has changed. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the next change, after `ms`, or when the signal aborts. */
  next(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
      this.#waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
      if (signal?.aborted) done();
    });
  }

  /** Resolves with the first value that is not undefined, or with undefined after `ms`. @throws the signal's reason. */
  async until<T>(read: () => T | undefined, ms: number, signal?: AbortSignal): Promise<T | undefined> {
    const endMs = performance.now() + ms;
    for (;;) {
      signal?.throwIfAborted();
      const value = read();
      const leftMs = endMs - performance.now();
      if (value !== undefined || leftMs <= 0) return value;
      await this.next(leftMs, signal);
    }
  }
}
