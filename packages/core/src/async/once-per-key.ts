import { untilAborted } from './until-aborted.ts';

interface Entry<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiters: number;
  settled: boolean;
}

/**
 * Runs an operation once per key, however many callers wait for it, and keeps the result. Forgets an operation that
 * fails. When the last caller stops waiting, the operation's signal aborts.
 */
export class OncePerKey<T> {
  readonly #entries = new Map<string, Entry<T>>();

  async get(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    const entry = this.#entries.get(key) ?? this.#begin(key, work);
    entry.waiters += 1;
    try {
      return await untilAborted(entry.result, signal);
    } finally {
      entry.waiters -= 1;
      if (entry.waiters === 0 && !entry.settled) {
        this.#forget(key, entry);
        entry.stop.abort(signal?.reason);
      }
    }
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Entry<T> {
    const stop = new AbortController();
    const entry: Entry<T> = { result: work(stop.signal), stop, waiters: 0, settled: false };
    this.#entries.set(key, entry);
    entry.result.then(
      () => {
        entry.settled = true;
      },
      () => {
        entry.settled = true;
        this.#forget(key, entry);
      },
    );
    return entry;
  }

  /** Leaves an entry that has replaced this one. */
  #forget(key: string, entry: Entry<T>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}
