import { untilAborted } from '@cooperbench/core';

export interface BarrierOptions {
  /** The seats whose agents say when they are ready. */
  readonly seats: readonly string[];
  /** How long they may take. */
  readonly limitMs: number;
  /** Called when they have taken too long, with the seats that are not ready. */
  onLate(seats: readonly string[]): void;
}

/** Lets the agents of a trial begin their work together. */
export class Barrier implements Disposable {
  /** Resolves when every seat is ready or has ended, or when the time is up. */
  readonly opened: Promise<void>;
  readonly #waiting: Set<string>;
  readonly #open: () => void;
  readonly #timer: NodeJS.Timeout;

  constructor({ seats, limitMs, onLate }: BarrierOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#open = resolve;
    this.#waiting = new Set(seats);
    this.#timer = setTimeout(() => {
      onLate([...this.#waiting]);
      this[Symbol.dispose]();
    }, limitMs);
    if (seats.length === 0) this[Symbol.dispose]();
  }

  /** The seat is ready, or has ended. */
  leave(seat: string): void {
    this.#waiting.delete(seat);
    if (this.#waiting.size === 0) this[Symbol.dispose]();
  }

  /** The seat is ready. Resolves when all are. Rejects with the signal's reason. */
  async arrive(seat: string, signal: AbortSignal): Promise<void> {
    this.leave(seat);
    await untilAborted(this.opened, signal);
  }

  /** Opens the barrier. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#open();
  }
}
