import type { SeatLimits } from '@cooperbench/core';

/** Maximum requests of a seat that wait for an answer of the provider. Others wait for one of them. */
export const maxAtOnce = 4;

/** The price of a request, in USD. */
export interface RequestPrice {
  /** The price with the longest answer that it allows. */
  readonly most: number;
  /** The price with the shortest possible answer. */
  readonly least: number;
}

/** The right to send one request. Disposing it gives back what was reserved. */
export interface Grant extends Disposable {
  /** USD that the request may cost. */
  readonly usd: number;
}

/**
 * Keeps a seat within its limits although it may send requests at once: each reserves a step and the most that it can cost
 * before it is sent. A request that does not fit waits until another is answered. When none is, its answer may cost what is
 * left, and if that does not suffice for the shortest answer, the seat has reached its limit.
 */
export class Allowance {
  readonly #limits: SeatLimits;
  readonly #spent: { readonly steps: number; readonly cost: number };
  readonly #waiting = new Set<() => void>();
  #running = 0;
  #reserved = 0;

  /** `spent` counts what was answered. */
  constructor(limits: SeatLimits, spentSoFar: { readonly steps: number; readonly cost: number }) {
    this.#limits = limits;
    this.#spent = spentSoFar;
  }

  /** Requests that were sent and are not answered. */
  get running(): number {
    return this.#running;
  }

  /** Resolves with a grant, or with the limit that the seat has reached. Rejects with the signal's reason. */
  async take({ most, least }: RequestPrice, signal: AbortSignal): Promise<Grant | string> {
    for (;;) {
      signal.throwIfAborted();
      const { maxSteps = Number.POSITIVE_INFINITY, maxCostUsd = Number.POSITIVE_INFINITY } = this.#limits;
      const left = maxCostUsd - this.#spent.cost - this.#reserved;
      const hasSteps = this.#spent.steps + this.#running < maxSteps;
      if (hasSteps && this.#running < maxAtOnce && most <= left) return this.#grant(most);
      if (this.#running === 0) {
        if (!hasSteps) return `its limit of ${maxSteps} steps`;
        if (left <= 0 || least > left) return `its limit of $${maxCostUsd}`;
        return this.#grant(left);
      }
      await this.#change(signal);
    }
  }

  #grant(usd: number): Grant {
    this.#running += 1;
    this.#reserved += usd;
    let isOpen = true;
    return {
      usd,
      [Symbol.dispose]: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#running -= 1;
        // So that errors of rounding do not add up.
        this.#reserved = this.#running === 0 ? 0 : this.#reserved - usd;
        for (const wake of [...this.#waiting]) wake();
      },
    };
  }

  /** Resolves when another request ends, or the signal aborts. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const stopWaiting = (): void => {
        this.#waiting.delete(stopWaiting);
        signal.removeEventListener('abort', stopWaiting);
        resolve();
      };
      this.#waiting.add(stopWaiting);
      signal.addEventListener('abort', stopWaiting);
    });
  }
}
