import { setTimeout as delay } from 'node:timers/promises';
import type { Backend, CreateOptions, Sandbox } from '../contracts/backend.ts';
import { getMessage, SandboxError } from '../contracts/errors.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import type { TimeLimits } from '../plugins/time-limits.ts';
import { LonelyWait, Room } from './room.ts';

/**
 * So often, later creations of others must succeed between two refusals of a group before its refusals say nothing about the
 * others: its image may be what the provider refuses.
 */
const overtakenToStandApart = 3;
/** How often a creation is tried that fails for another reason than capacity, if its error is retryable. */
const maxAttempts = 3;

/** Sandboxes that are of use only together, such as those of a trial's seats. */
interface Group {
  readonly order: number;
  /** Of each of its creations that wait, the room. */
  waiting: Room[];
  /** Of each of its sandboxes, the room. */
  made: Room[];
  /** By room, the turn of its last refusal, and how often others have overtaken it. */
  readonly refusals: Map<Room, { readonly turn: number; readonly overtaken: number }>;
  /** Others find room where it does not, so it waits alone. */
  standsApart: boolean;
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

  /** Returns the backend, whose `create` waits for capacity. `title` begins notices about it. */
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
    const group: Group = {
      ...{ order: this.#groupsBefore, waiting: [], made: [], giveBack() {} },
      ...{ refusals: new Map(), standsApart: false },
    };
    this.#groups.add(group);
    try {
      for (;;) {
        const outcomes = await this.#tryAll(requests, group, options);
        if (outcomes.every(({ status }) => status === 'fulfilled')) {
          for (const room of group.made) room.fitted();
          return outcomes;
        }
        const disposals = outcomes.map(async (outcome) => {
          if (outcome.status === 'fulfilled') await outcome.value[Symbol.asyncDispose]();
        });
        for (const end of await Promise.allSettled(disposals))
          if (end.status === 'rejected') this.#notice(getMessage(end.reason));
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
    const waitSignal = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    let holding: NodeJS.Timeout | undefined;
    const create = async (request: SandboxRequest): Promise<Sandbox> => {
      try {
        const sandbox = await this.#create(request, group, options, waitSignal);
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
    waitSignal: AbortSignal,
  ): Promise<Sandbox> {
    const gated = this.#gated.get(backend);
    if (!gated) throw new Error('The backend does not come from this gate.');
    const { room, create } = gated;
    const lonelyWait = new LonelyWait();
    for (let attempt = 1; ; ) {
      const { standsApart } = group;
      group.waiting.push(room);
      this.#keepOldest();
      const entered = standsApart
        ? lonelyWait.pause(waitSignal).then(() => room.enterApart())
        : room.enter(group.order, group.refusals.has(room), waitSignal);
      const turn = await entered.finally(() => {
        group.waiting.splice(group.waiting.indexOf(room), 1);
      });
      try {
        beforeCreate?.();
      } catch (error) {
        room.failed(turn);
        throw error;
      }
      let sandbox: Sandbox;
      try {
        sandbox = await create(spec, options);
      } catch (error) {
        const { capacity, retryable = false } = SandboxError.is(error) ? error : {};
        if (!capacity) {
          room.failed(turn);
          if (!retryable || attempt === maxAttempts) throw error;
          attempt += 1;
          await delay(500 * 2 ** attempt, undefined, { ...(options.signal && { signal: options.signal }) });
          continue;
        }
        const isUsed = room.open > group.made.filter((groupRoom) => groupRoom === room).length;
        if (standsApart) {
          room.failed(turn);
          this.#waitFor(room, error as SandboxError, lonelyWait.refused(capacity, isUsed), true);
          continue;
        }
        this.#waitFor(room, error as SandboxError, room.refused(turn, capacity, isUsed));
        // It says nothing about the image.
        if (capacity.isRate) continue;
        const { turn: previousTurn = turn.number, overtaken = 0 } = group.refusals.get(room) ?? {};
        const overtakenCount = overtaken + (room.isOvertaken(previousTurn, group.order) ? 1 : 0);
        group.refusals.set(room, { turn: turn.number, overtaken: overtakenCount });
        group.standsApart = overtakenCount >= overtakenToStandApart;
        continue;
      }
      room.succeeded(turn, group.order);
      group.made.push(room);
      return createEndingSandbox(room, sandbox);
    }
  }

  /** Says once what the run waits for. @throws SandboxError when it has waited long enough. */
  #waitFor(room: Room, refusal: SandboxError, refusedMs: number, isAlone = false): void {
    const { code, hint, message } = refusal;
    const limit = `${this.#limits.capacity / 60_000} minutes`;
    if (refusedMs >= this.#limits.capacity) {
      const gaveUp = new SandboxError(code, `${message} CooperBench has waited ${limit} for room.`, {
        ...{ hint, cause: refusal, fromOutside: refusal.fromOutside },
      });
      if (!isAlone) room.giveUp(gaveUp);
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
    const wantedRooms = new Set<Room>();
    const waitingGroups = [...this.#groups].filter((group) => group.waiting.length > 0);
    // One that stands apart needs nothing that others hold.
    for (const group of waitingGroups.toSorted(
      (left, right) => Number(left.standsApart) - Number(right.standsApart),
    )) {
      if (group.made.some((room) => wantedRooms.has(room))) group.giveBack();
      for (const room of group.waiting) wantedRooms.add(room);
    }
  }
}

/** The reason why a creation no longer waits although nothing has failed it. */
const notWaiting = Symbol('not waiting');

/** Creates the sandbox, which tells the room when it has ended. */
function createEndingSandbox(room: Room, sandbox: Sandbox): Sandbox {
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
