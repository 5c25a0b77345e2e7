import { untilAborted } from './until-aborted.ts';

/** Makes a value on first use and keeps it. After a failure, the next `get` tries again. */
export class Once<T> {
  readonly #make: () => Promise<T>;
  #value: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  /** Returns the value. Rejects with the signal's reason when the signal aborts, but does not stop making the value. */
  get(signal?: AbortSignal): Promise<T> {
    if (this.#value === undefined) {
      const value = this.#make();
      this.#value = value;
      value.catch(() => {
        if (this.#value === value) this.forget();
      });
    }
    return untilAborted(this.#value, signal);
  }

  /** Returns the value if some caller has asked for it. Never makes it, so an owner can use this to dispose of it. */
  async peek(): Promise<T | undefined> {
    return this.#value?.catch(() => undefined);
  }

  /** Drops the value. The next `get` makes it again. */
  forget(): void {
    this.#value = undefined;
  }
}
