/** Lets calls wait until something has changed. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the next change, after `ms`, or when the signal aborts. */
  readNext(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const stopWaiting = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(stopWaiting);
        signal?.removeEventListener('abort', stopWaiting);
        resolve();
      };
      const timer = setTimeout(stopWaiting, Math.min(ms, 2 ** 31 - 1));
      this.#waiting.add(stopWaiting);
      signal?.addEventListener('abort', stopWaiting, { once: true });
      if (signal?.aborted) stopWaiting();
    });
  }

  /** Resolves with the first value that is not undefined, or with undefined after `ms`. @throws the signal's reason. */
  async waitUntil<T>(
    readValue: () => T | undefined,
    ms: number,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const endMs = performance.now() + ms;
    for (;;) {
      signal?.throwIfAborted();
      const value = readValue();
      const leftMs = endMs - performance.now();
      if (value !== undefined || leftMs <= 0) return value;
      await this.readNext(leftMs, signal);
    }
  }
}
