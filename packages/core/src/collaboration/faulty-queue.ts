import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';

/** Faults of a channel on purpose, to see how agents bear them. A fault whose key is absent does not happen. */
export interface ChannelFaults {
  /** The probability that a seat does not get a message. */
  readonly drop?: number | undefined;
  /** How many seconds a message takes longer. */
  readonly delay?: number | undefined;
  /** The probability that a seat gets a message twice. */
  readonly duplicate?: number | undefined;
  /** A seat that the channel does not hear. */
  readonly silent?: string | undefined;
  /** Chooses which messages the faults hit. */
  readonly seed?: number | undefined;
}

/** How much too early a timer may end. */
const timerMs = 20;

/** Messages on their way to a seat. Some are lost, late or doubled. */
export class FaultyQueue<T> {
  readonly #faults: ChannelFaults;
  readonly #chance: () => number;
  readonly #onFault: (fault: 'dropped' | 'duplicated', item: T) => void;
  #held: { readonly item: T; readonly dueMs: number }[] = [];

  /** `seed`: the same one has the same faults. */
  constructor(
    faults: ChannelFaults,
    seed: string,
    onFault: (fault: 'dropped' | 'duplicated', item: T) => void,
  ) {
    this.#faults = faults;
    this.#chance = createSeededChance(seed);
    this.#onFault = onFault;
  }

  /**
   * Fetches items and returns those that have arrived. Waits up to `waitMs` for a first one. `isLost`: whether an item is lost
   * in any case. `copy`: makes the second of two. `sentAt`: when an item set out, in Unix seconds, else when it is fetched.
   */
  async take(
    fetch: (waitMs: number) => Promise<readonly T[]>,
    waitMs: number,
    { isLost = () => false, copy = (item) => item, sentAt }: QueueOptions<T> = {},
  ): Promise<readonly T[]> {
    const endMs = performance.now() + waitMs;
    for (;;) {
      const beganMs = performance.now();
      const nextMs = Math.min(...this.#held.map(({ dueMs }) => dueMs), endMs) - beganMs;
      const items = await fetch(Math.max(0, nextMs));
      for (const item of items) this.#add(item, isLost(item), copy, sentAt?.(item));
      const dueItems = this.#takeArrived();
      const now = performance.now();
      // Whoever returns nothing before the time is up has nothing more.
      const isOver = items.length === 0 && now < beganMs + nextMs - timerMs;
      if (dueItems.length > 0 || now >= endMs || isOver) return dueItems;
    }
  }

  /** Puts back what could not be shown. */
  giveBack(items: readonly T[]): void {
    this.#held.unshift(...items.map((item) => ({ item, dueMs: 0 })));
  }

  #add(item: T, isLost: boolean, copy: (item: T) => T, sentAt = Date.now() / 1000): void {
    // Always as many numbers for an item, so that one fault does not change the others.
    const [drop, duplicate] = [this.#chance(), this.#chance()];
    if (isLost || drop < (this.#faults.drop ?? 0)) {
      this.#onFault('dropped', item);
      return;
    }
    const agedMs = Math.max(0, Date.now() - sentAt * 1000);
    const dueMs = performance.now() + Math.max(0, (this.#faults.delay ?? 0) * 1000 - agedMs);
    this.#held.push({ item, dueMs });
    if (duplicate >= (this.#faults.duplicate ?? 0)) return;
    this.#onFault('duplicated', item);
    this.#held.push({ item: copy(item), dueMs });
  }

  #takeArrived(): readonly T[] {
    const now = performance.now();
    const dueItems = this.#held.filter(({ dueMs }) => dueMs <= now);
    this.#held = this.#held.filter(({ dueMs }) => dueMs > now);
    return dueItems.map(({ item }) => item);
  }
}

interface QueueOptions<T> {
  readonly isLost?: (item: T) => boolean;
  readonly copy?: (item: T) => T;
  readonly sentAt?: (item: T) => number;
}

/** Numbers from 0 to 1, each from the seed and its index alone. */
export function createSeededChance(seed: string): () => number {
  let index = 0;
  return () => {
    index += 1;
    return createHash('sha256').update(`${seed} ${index}`).digest().readUInt32BE(0) / 2 ** 32;
  };
}
