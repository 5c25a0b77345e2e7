import { untilAborted } from '../async/until-aborted.ts';
import type { Capacity } from '../contracts/errors.ts';

/** The first pause after a refusal, unless the backend names one. Each further refusal in a row doubles it. */
const firstPauseMs = 1000;
const longestPauseMs = 30_000;
/** The longest time between the beginnings of two creations, and what a refusal for their rate and a success change it by. */
const longestGapMs = 10_000;
const wider = 1.05;
const narrower = 0.995;
/** The bounds of a pause that a backend asks for. */
const shortestAskedMs = 100;
const longestAskedMs = 600_000;

/** A creation that has begun. */
export interface Turn {
  /** How many creations had begun before it. */
  readonly number: number;
  /** Refusals of creations that began before the last one say nothing new. */
  readonly wave: number;
  readonly beganMs: number;
  /** It takes the place of a sandbox that has ended, so it says nothing about further room. */
  readonly replaces: boolean;
}

/** A creation that waits for its turn. */
interface Waiter {
  readonly order: number;
  /** It was refused, or is younger than one that was, so others are tried before it. */
  yields: boolean;
  start(turn: Turn): void;
  fail(error: unknown): void;
}

/** The state that all creations of a run on one backend share. */
export class Room {
  readonly title: string;
  /** Sandboxes that have not ended. */
  open = 0;
  /** Reasons that the user knows. */
  readonly said: Set<string> = new Set<string>();
  readonly #waiting: Waiter[] = [];
  /** Maximum number of creations at once that replace no sandbox. A refusal halves it, each success adds one. */
  #width = Number.POSITIVE_INFINITY;
  /** Such creations that are under way. */
  #creating = 0;
  #begun = 0;
  /** The last creation that succeeded, by when it began, and the order of its group. */
  #lastSuccess = { number: -1, order: -1 };
  /** Sandboxes that have ended and are not replaced yet. */
  #ended = 0;
  #wave = 0;
  /** Creations begin at least so far apart once one was refused for their rate: how many are under way says nothing about that. */
  #gapMs = 0;
  #nextMs = 0;
  /** When the gap last became wider. */
  #widenedMs = Number.NEGATIVE_INFINITY;
  /** When creations began that were not refused for their rate, of the last second. */
  #accepted: number[] = [];
  #pauseMs = firstPauseMs;
  #pausedUntilMs = 0;
  /** The backend named the pause, so that even the end of a sandbox does not shorten it. */
  #isPauseFixed = false;
  #refusedSinceMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(title: string) {
    this.title = title;
  }

  /**
   * Resolves when a creation may begin. Lower orders go first, but one that was refused lets the others be tried. Rejects with
   * the signal's reason.
   */
  async enter(order: number, wasRefused: boolean, signal: AbortSignal): Promise<Turn> {
    const { promise, resolve: start, reject } = Promise.withResolvers<Turn>();
    const yields = wasRefused || this.#waiting.some((other) => other.yields && other.order < order);
    const waiter: Waiter = { order, yields, start, fail: reject };
    const next = this.#waiting.findIndex((other) => other.order > order);
    this.#waiting.splice(next < 0 ? this.#waiting.length : next, 0, waiter);
    this.#admit();
    try {
      return await untilAborted(promise, signal);
    } catch (error) {
      const index = this.#waiting.indexOf(waiter);
      if (index >= 0) {
        this.#waiting.splice(index, 1);
        // Without anybody who waits, no timer keeps the process alive.
        this.#admit();
      }
      // Admitted in the same moment.
      else void promise.then((turn) => this.failed(turn)).catch(() => {});
      throw error;
    }
  }

  /** A creation that waits for nobody. */
  enterApart(): Turn {
    return this.#takeTurn(true);
  }

  #takeTurn(replaces: boolean, now: number = performance.now()): Turn {
    this.#begun += 1;
    this.#nextMs = now + this.#gapMs;
    this.#accepted = [...this.#accepted.filter((ms) => ms > now - 1000), now];
    return { number: this.#begun, wave: this.#wave, replaces, beganMs: now };
  }

  /** Returns whether a creation of another group that began after this one has succeeded. */
  isOvertaken(number: number, order: number): boolean {
    return this.#lastSuccess.number > number && this.#lastSuccess.order !== order;
  }

  succeeded(turn: Turn, order: number): void {
    this.open += 1;
    this.#gapMs *= narrower;
    if (turn.number > this.#lastSuccess.number) this.#lastSuccess = { number: turn.number, order };
    if (!turn.replaces) {
      this.#width += 1;
      this.#pauseMs = firstPauseMs;
    }
    this.failed(turn);
  }

  /** The creation is over, and says nothing about the room. */
  failed({ replaces }: Turn): void {
    if (!replaces) this.#creating -= 1;
    this.#admit();
  }

  /** Returns how long all creations have been refused while nothing was in use (`isUsed`). */
  refused(turn: Turn, { retryAfterMs, isRate = false }: Capacity, isUsed: boolean): number {
    const now = performance.now();
    if (isRate) {
      this.#beginApart(turn, now);
      if (turn.replaces) this.#ended += 1;
    } else if (turn.wave === this.#wave && !turn.replaces) {
      this.#wave += 1;
      this.#width = Math.max(1, Math.floor(Math.min(this.#width, this.#creating) / 2));
      this.#ended = 0;
      this.#pausedUntilMs = now + this.#pauseMs;
      this.#isPauseFixed = false;
      this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
    }
    const askedMs = findAskedPause(retryAfterMs);
    if (askedMs !== undefined) {
      this.#pausedUntilMs = now + askedMs;
      this.#isPauseFixed = true;
      if (isRate) this.#nextMs = now + askedMs;
    }
    this.#refusedSinceMs = isUsed ? undefined : (this.#refusedSinceMs ?? now);
    this.failed(turn);
    return now - (this.#refusedSinceMs ?? now);
  }

  /**
   * The first refusal sets the distance of the creations that the last second accepted, as do those of creations that began before
   * it. Each later one widens it.
   */
  #beginApart({ beganMs }: Turn, now: number): void {
    const index = this.#accepted.indexOf(beganMs);
    if (index >= 0) this.#accepted.splice(index, 1);
    const isNews = beganMs > this.#widenedMs;
    if (isNews) this.#widenedMs = now;
    const isFirst = !isNews || this.#gapMs === 0;
    const widened = isFirst ? 1000 / Math.max(1, this.#accepted.length) : this.#gapMs * wider;
    this.#gapMs = Math.min(Math.max(this.#gapMs, widened), longestGapMs);
    this.#nextMs = now + this.#gapMs;
  }

  /** Somebody has got all sandboxes of a group, so there was room. */
  fitted(): void {
    this.#refusedSinceMs = undefined;
  }

  /** All that wait fail with this error. Later creations are tried at once. */
  giveUp(error: unknown): void {
    this.#width = Number.POSITIVE_INFINITY;
    this.#pausedUntilMs = 0;
    this.#nextMs = 0;
    for (const { fail } of this.#waiting.splice(0)) fail(error);
    clearTimeout(this.#timer);
  }

  /** Counts also while nobody waits: an evaluation takes the room of the trials before it. */
  sandboxEnded(): void {
    this.open -= 1;
    this.#ended += 1;
    this.#admit();
  }

  #admit(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    const pauseMs = this.#pausedUntilMs - now;
    while (this.#waiting.length > 0 && this.#nextMs <= now) {
      const replaces = this.#ended > 0 && !(pauseMs > 0 && this.#isPauseFixed);
      if (!replaces && (pauseMs > 0 || this.#creating >= this.#width)) break;
      if (replaces) this.#ended -= 1;
      else this.#creating += 1;
      // Free room goes to the oldest request, which may hold something.
      if (!replaces && this.#waiting.every(({ yields }) => yields))
        for (const waiter of this.#waiting) waiter.yields = false;
      const next = replaces ? 0 : this.#waiting.findIndex(({ yields }) => !yields);
      this.#waiting.splice(next, 1)[0]?.start(this.#takeTurn(replaces, now));
    }
    const waitMs = Math.max(pauseMs, this.#nextMs - now);
    if (this.#waiting.length > 0 && waitMs > 0)
      this.#timer = setTimeout(() => this.#admit(), Math.ceil(waitMs));
  }
}

/** The wait of a creation that is refused although others find room. */
export class LonelyWait {
  #pauseMs = firstPauseMs;
  #nextMs: number = firstPauseMs;
  #refusedSinceMs: number | undefined;

  /** Rejects with the signal's reason. */
  async pause(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#nextMs);
    await untilAborted(promise, signal).finally(() => clearTimeout(timer));
  }

  /** Returns how long it has been refused while nothing was in use (`isUsed`). */
  refused({ retryAfterMs }: Capacity, isUsed: boolean): number {
    const now = performance.now();
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
    this.#nextMs = findAskedPause(retryAfterMs) ?? this.#pauseMs;
    this.#refusedSinceMs = isUsed ? undefined : (this.#refusedSinceMs ?? now);
    return now - (this.#refusedSinceMs ?? now);
  }
}

/** A plugin may name anything. */
function findAskedPause(ms: number | undefined): number | undefined {
  if (!Number.isFinite(ms)) return undefined;
  return Math.min(Math.max(Number(ms), shortestAskedMs), longestAskedMs);
}
