import { setTimeout as delay } from 'node:timers/promises';
import { untilAborted } from '../async/until-aborted.ts';
import type { Backend, CreateOptions, Sandbox } from '../contracts/backend.ts';
import { type Capacity, messageOf, SandboxError } from '../contracts/errors.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import type { TimeLimits } from '../plugins/time-limits.ts';

/** The first pause after a refusal, unless the backend names one. Each further refusal in a row doubles it. */
const firstPauseMs = 1000;
const longestPauseMs = 30_000;
/** The bounds of a pause that a backend asks for. */
const shortestAskedMs = 100;
const longestAskedMs = 600_000;
/** How often a creation is tried that fails for another reason than capacity, if its error is retryable. */
const maxAttempts = 3;

/** A creation that has begun. */
interface Turn {
  /** Refusals of creations that began before the last one say nothing new. */
  readonly wave: number;
  /** It takes the place of a sandbox that has ended, so it says nothing about further room. */
  readonly replaces: boolean;
}

/** What the creations of a run on one backend have in common. */
class Room {
  readonly title: string;
  /** Sandboxes that have not ended. */
  open = 0;
  /** Reasons that the user knows. */
  readonly said = new Set<string>();
  readonly #waiting: { readonly order: number; start(turn: Turn): void; fail(error: unknown): void }[] = [];
  /** Maximum number of creations at once. A refusal halves it, each success adds one. */
  #width = Number.POSITIVE_INFINITY;
  #creating = 0;
  /** Sandboxes that have ended and are not replaced yet. */
  #ended = 0;
  #wave = 0;
  #pauseMs = firstPauseMs;
  #pausedUntilMs = 0;
  /** The backend named the pause, so that even the end of a sandbox does not shorten it. */
  #isPauseFixed = false;
  #refusedSinceMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(title: string) {
    this.title = title;
  }

  /** Resolves when a creation may begin. Lower orders go first. Rejects with the signal's reason. */
  async enter(order: number, signal: AbortSignal): Promise<Turn> {
    const { promise, resolve: start, reject: fail } = Promise.withResolvers<Turn>();
    const waiter = { order, start, fail };
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
      else void promise.then(() => this.failed()).catch(() => {});
      throw error;
    }
  }

  succeeded(turn: Turn): void {
    this.open += 1;
    if (!turn.replaces) {
      this.#width += 1;
      this.#pauseMs = firstPauseMs;
    }
    this.failed();
  }

  /** The creation is over, and says nothing about capacity. */
  failed(): void {
    this.#creating -= 1;
    this.#admit();
  }

  /** Returns how long all creations have been refused while nothing was in use (`isUsed`). */
  refused(turn: Turn, { retryAfterMs }: Capacity, isUsed: boolean): number {
    const now = performance.now();
    if (turn.wave === this.#wave && !turn.replaces) {
      this.#wave += 1;
      this.#width = Math.max(1, Math.floor(Math.min(this.#width, this.#creating) / 2));
      this.#ended = 0;
      this.#pausedUntilMs = now + this.#pauseMs;
      this.#isPauseFixed = false;
      this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
    }
    // A plugin may name anything.
    if (Number.isFinite(retryAfterMs)) {
      this.#pausedUntilMs = now + Math.min(Math.max(Number(retryAfterMs), shortestAskedMs), longestAskedMs);
      this.#isPauseFixed = true;
    }
    this.#refusedSinceMs = isUsed ? undefined : (this.#refusedSinceMs ?? now);
    this.#creating -= 1;
    this.#admit();
    return now - (this.#refusedSinceMs ?? now);
  }

  /** Somebody has got all sandboxes of a group, so there was room. */
  fitted(): void {
    this.#refusedSinceMs = undefined;
  }

  /** All that wait fail with this error. Later creations are tried at once. */
  giveUp(error: unknown): void {
    this.#width = Number.POSITIVE_INFINITY;
    this.#pausedUntilMs = 0;
    for (const { fail } of this.#waiting.splice(0)) fail(error);
    clearTimeout(this.#timer);
  }

  sandboxEnded(): void {
    this.open -= 1;
    if (this.#waiting.length > 0) this.#ended += 1;
    this.#admit();
  }

  #admit(): void {
    clearTimeout(this.#timer);
    const pauseMs = this.#pausedUntilMs - performance.now();
    while (this.#waiting.length > 0) {
      const replaces = this.#ended > 0 && !(pauseMs > 0 && this.#isPauseFixed);
      if (!replaces && (pauseMs > 0 || this.#creating >= this.#width)) break;
      if (replaces) this.#ended -= 1;
      this.#creating += 1;
      this.#waiting.shift()?.start({ wave: this.#wave, replaces });
    }
    if (this.#waiting.length > 0 && pauseMs > 0)
      this.#timer = setTimeout(() => this.#admit(), Math.ceil(pauseMs));
  }
}

/** Sandboxes that are of use only together, such as those of a trial's seats. */
interface Group {
  readonly order: number;
  /** Of each of its creations that wait, the room. */
  waiting: Room[];
  /** Of each of its sandboxes, the room. */
  made: Room[];
  giveBack(): void;
}

export interface CreateTogetherOptions extends CreateOptions {
  /** Called when a creation may begin. What it throws fails the creation. */
  readonly beforeCreate?: (() => void) | undefined;
}

/** A sandbox that a trial needs. */
export interface SandboxRequest {
  readonly backend: Backend;
  readonly spec: SandboxSpec;
}

/**
 * Creates all sandboxes of a run. A backend that refuses one for lack of capacity is not a failure: the creation waits, fewer
 * begin at once, and more again when they succeed. What a trial holds while it waits could be what others wait for. So it gives
 * back its sandboxes on a backend for which an older trial waits.
 */
export class CapacityGate {
  readonly #limits: Pick<TimeLimits, 'open' | 'capacity'>;
  readonly #notice: (text: string) => void;
  readonly #rooms = new Map<string, Room>();
  readonly #gated = new WeakMap<Backend, { readonly room: Room; readonly create: Backend['create'] }>();
  readonly #groups = new Set<Group>();
  #groupsBefore = 0;

  constructor(limits: Pick<TimeLimits, 'open' | 'capacity'>, notice: (text: string) => void) {
    this.#limits = limits;
    this.#notice = notice;
  }

  /** The backend, whose `create` waits for capacity. `title` begins notices about it. */
  gate(name: string, title: string, backend: Backend): Backend {
    const room = this.#rooms.get(name) ?? new Room(title);
    this.#rooms.set(name, room);
    const gated: Backend = {
      ...backend,
      create: async (spec, options) => {
        const [outcome] = await this.createTogether([{ backend: gated, spec }], options);
        if (outcome?.status === 'fulfilled') return outcome.value;
        throw outcome?.reason;
      },
    };
    this.#gated.set(gated, { room, create: (spec, options) => backend.create(spec, options) });
    return gated;
  }

  /**
   * Creates all, or none: after a failure, the others are rejected without a reason. The backends come from `gate`. Rejects with
   * the signal's reason.
   */
  async createTogether(
    requests: readonly SandboxRequest[],
    options: CreateTogetherOptions = {},
  ): Promise<readonly PromiseSettledResult<Sandbox>[]> {
    this.#groupsBefore += 1;
    const group: Group = { order: this.#groupsBefore, waiting: [], made: [], giveBack() {} };
    this.#groups.add(group);
    try {
      for (;;) {
        const outcomes = await this.#tryAll(requests, group, options);
        if (outcomes.every(({ status }) => status === 'fulfilled')) {
          for (const room of group.made) room.fitted();
          return outcomes;
        }
        const discarded = outcomes.map(async (outcome) => {
          if (outcome.status === 'fulfilled') await outcome.value[Symbol.asyncDispose]();
        });
        for (const end of await Promise.allSettled(discarded))
          if (end.status === 'rejected') this.#notice(messageOf(end.reason));
        options.signal?.throwIfAborted();
        const reasons = outcomes.map((outcome) =>
          outcome.status === 'rejected' && outcome.reason !== notWaiting ? outcome.reason : undefined,
        );
        if (reasons.some((reason) => reason !== undefined))
          return reasons.map((reason) => ({ status: 'rejected', reason }));
      }
    } finally {
      this.#groups.delete(group);
    }
  }

  async #tryAll(
    requests: readonly SandboxRequest[],
    group: Group,
    options: CreateTogetherOptions,
  ): Promise<PromiseSettledResult<Sandbox>[]> {
    const { signal } = options;
    const stop = new AbortController();
    group.made = [];
    group.giveBack = () => stop.abort(notWaiting);
    const waits = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    let holding: NodeJS.Timeout | undefined;
    const create = async (request: SandboxRequest): Promise<Sandbox> => {
      try {
        const sandbox = await this.#create(request, group, options, waits);
        // Its lifetime counts already.
        holding ??= setTimeout(group.giveBack, this.#limits.open);
        this.#keepOldest();
        return sandbox;
      } catch (error) {
        stop.abort(notWaiting);
        throw error;
      }
    };
    const outcomes = await Promise.allSettled(requests.map(create));
    clearTimeout(holding);
    return outcomes;
  }

  async #create(
    { backend, spec }: SandboxRequest,
    group: Group,
    { beforeCreate, ...options }: CreateTogetherOptions,
    waits: AbortSignal,
  ): Promise<Sandbox> {
    const gated = this.#gated.get(backend);
    if (!gated) throw new Error('The backend does not come from this gate.');
    const { room, create } = gated;
    for (let attempt = 1; ; ) {
      group.waiting.push(room);
      this.#keepOldest();
      const turn = await room.enter(group.order, waits).finally(() => {
        group.waiting.splice(group.waiting.indexOf(room), 1);
      });
      try {
        beforeCreate?.();
      } catch (error) {
        room.failed();
        throw error;
      }
      let sandbox: Sandbox;
      try {
        sandbox = await create(spec, options);
      } catch (error) {
        const { capacity, retryable = false } = SandboxError.is(error) ? error : {};
        if (!capacity) {
          room.failed();
          if (!retryable || attempt === maxAttempts) throw error;
          attempt += 1;
          await delay(500 * 2 ** attempt, undefined, { ...(options.signal && { signal: options.signal }) });
          continue;
        }
        const isUsed = room.open > group.made.filter((own) => own === room).length;
        this.#waitFor(room, error as SandboxError, room.refused(turn, capacity, isUsed));
        continue;
      }
      room.succeeded(turn);
      group.made.push(room);
      return endingIn(room, sandbox);
    }
  }

  /** Says once what the run waits for. @throws SandboxError when it has waited long enough. */
  #waitFor(room: Room, refusal: SandboxError, refusedMs: number): void {
    const { code, hint, message } = refusal;
    const limit = `${this.#limits.capacity / 60_000} minutes`;
    if (refusedMs >= this.#limits.capacity) {
      const gaveUp = new SandboxError(code, `${message} CooperBench has waited ${limit} for room.`, {
        ...{ hint, cause: refusal, fromOutside: refusal.fromOutside },
      });
      room.giveUp(gaveUp);
      throw gaveUp;
    }
    if (room.said.has(code)) return;
    room.said.add(code);
    this.#notice(
      `${room.title} has no room for another sandbox, so CooperBench waits up to ${limit} and creates fewer at once: ${message}`,
    );
  }

  /** A group that waits keeps nothing in a room for which an older one waits. So no groups wait for each other. */
  #keepOldest(): void {
    const wanted = new Set<Room>();
    for (const group of [...this.#groups].filter(({ waiting }) => waiting.length > 0)) {
      if (group.made.some((room) => wanted.has(room))) group.giveBack();
      for (const room of group.waiting) wanted.add(room);
    }
  }
}

/** The reason why a creation no longer waits although nothing has failed it. */
const notWaiting = Symbol('not waiting');

/** The sandbox, which tells the room when it has ended. */
function endingIn(room: Room, sandbox: Sandbox): Sandbox {
  const end = sandbox[Symbol.asyncDispose].bind(sandbox);
  let hasEnded = false;
  return Object.assign(sandbox, {
    async [Symbol.asyncDispose]() {
      try {
        await end();
      } finally {
        if (!hasEnded) room.sandboxEnded();
        hasEnded = true;
      }
    },
  });
}
