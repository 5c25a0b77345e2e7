import { type SeatBounds, SeatLimitError, seatBounds } from '@cooperbench/core';

type Name = Extract<keyof SeatBounds, `tunnel${string}`>;

/** The unit of each bound of a tunnel, for messages. */
const units: Readonly<Record<Name, string>> = {
  tunnelConnections: 'connections open at once in a tunnel',
  tunnelConnectionsPerSecond: 'connections a second in a tunnel',
  tunnelFramesPerSecond: 'frames a second in a tunnel',
  tunnelWaitingFrames: 'frames that the sandbox has not read',
  tunnelBytes: 'bytes waiting in a tunnel',
};

/** How many seconds' worth may come at once. */
const burstSeconds = 10;

/** Compares what a tunnel's sandbox causes on the host with the bounds of a seat. */
export class TunnelMeter {
  readonly #now: () => number;
  readonly #buckets = new Map<Name, { tokens: number; at: number }>();
  #waitingFrames = 0;
  #bytes = 0;

  /** `now` in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws SeatLimitError when `open` connections are more than may be open. */
  checkOpen(open: number): void {
    this.#check('tunnelConnections', open);
  }

  /** Counts a connection that the sandbox opens or resets. @throws SeatLimitError. */
  countConnection(): void {
    this.#spend('tunnelConnectionsPerSecond');
  }

  /** Counts a frame from the sandbox. @throws SeatLimitError. */
  countFrame(): void {
    this.#spend('tunnelFramesPerSecond');
  }

  /** Adds bytes that wait for their reader, or removes them. @throws SeatLimitError. */
  holdBytes(change: number): void {
    this.#bytes += change;
    this.#check('tunnelBytes', this.#bytes);
  }

  /** Counts a frame for the sandbox until `work` resolves. @throws SeatLimitError. */
  async holdWhile(bytes: number, work: () => Promise<void>): Promise<void> {
    this.#waitingFrames += 1;
    this.#bytes += bytes;
    try {
      this.#check('tunnelWaitingFrames', this.#waitingFrames);
      this.#check('tunnelBytes', this.#bytes);
      await work();
    } finally {
      this.#waitingFrames -= 1;
      this.#bytes -= bytes;
    }
  }

  #check(name: Name, value: number): void {
    if (value > seatBounds[name]) throw new SeatLimitError(name, `${seatBounds[name]} ${units[name]}`);
  }

  #spend(name: Name): void {
    const rate = seatBounds[name];
    const now = this.#now();
    const bucket = this.#buckets.get(name) ?? { tokens: rate * burstSeconds, at: now };
    const tokens = Math.min(rate * burstSeconds, bucket.tokens + ((now - bucket.at) / 1000) * rate);
    if (tokens < 1) throw new SeatLimitError(name, `${rate} ${units[name]}`);
    this.#buckets.set(name, { tokens: tokens - 1, at: now });
  }
}
