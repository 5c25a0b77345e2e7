import { performance } from 'node:perf_hooks';
import {
  CooperBenchError,
  Deadline,
  messageOf,
  type Phase,
  type PhaseOutcome,
  type PhaseWork,
} from '@cooperbench/core';
import { faultMidway, maxPhases, phaseFault, type TrialChannels } from '@cooperbench/core/host';
import type { HandedOver, PhaseResult } from '@cooperbench/records';
import type { WorkingSeat } from './open-seat.ts';
import { HostFileError } from './patch-file.ts';
import { type Base, loseSeats, noBase, runPhase } from './run-phase.ts';
import { recordLoss } from './run-seat.ts';
import { describeTask, readDescriptions } from './seat-brief.ts';
import type { SeatRecord } from './seat-record.ts';
import { type SeatAssignment, type Trial, TrialNotStarted, type TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';
import type { TrialOutcome } from './trial-result.ts';

/** With less time left, a seat has used up its time: an agent hardly begins in it, and that would look like an outage. */
const shortestMs = 60_000;

type Done = Base & Pick<TrialOutcome, 'phases'>;

/**
 * Opens the channels of a trial and runs its phases, one after another. The records say how its seats ended.
 * @throws TrialNotStarted.
 */
export async function runPhases(
  trial: Trial,
  channels: TrialChannels,
  records: readonly SeatRecord[],
  run: TrialRun,
  events: TrialEvents,
): Promise<Done> {
  const seats = trial.seats.map((assignment, index) => ({
    assignment,
    record: records[index] as SeatRecord,
  }));
  const loseAll = (reason: unknown): void =>
    loseSeats(
      { ...trial, isIdle: () => true },
      seats,
      seats.map(() => reason),
      run,
      events,
    );
  const late = `the channels of the trial were not open within ${run.limits.open / 1000} s`;
  try {
    using opening = new Deadline(run.limits.open, run.signal, late);
    await channels.open(trial.channels, opening.signal);
  } catch (error) {
    loseAll(error);
    return noBase;
  }
  if (!trial.setting.phases) return runPhase(trial, seats, records, channels, run, events);
  const phases = new TrialPhases(trial, seats, channels, run, events);
  await phases.runAll();
  return { ...phases.base, phases: phases.results };
}

/** The phases of one trial. */
class TrialPhases {
  base: Base = noBase;
  readonly results: PhaseResult[] = [];
  readonly #trial: Trial;
  readonly #seats: ReadonlyMap<string, WorkingSeat>;
  readonly #channels: TrialChannels;
  readonly #run: TrialRun;
  readonly #events: TrialEvents;
  /** Paths that seats handed over so far. */
  readonly #noPatchPaths = new Set<string>();

  constructor(
    trial: Trial,
    seats: readonly WorkingSeat[],
    channels: TrialChannels,
    run: TrialRun,
    events: TrialEvents,
  ) {
    this.#trial = trial;
    this.#seats = new Map(seats.map((seat) => [seat.assignment.plan.id, seat]));
    this.#channels = channels;
    this.#run = run;
    this.#events = events;
  }

  /** Runs one phase after another until the setting has no more or a seat is lost. A fault of the setting loses all seats. */
  async runAll(): Promise<void> {
    const seats = [...this.#seats.values()];
    // A seat that no phase names has nothing to do.
    for (const { record } of seats) record.status = 'Completed';
    await this.#runEach().catch((error: unknown) => {
      if (error instanceof TrialNotStarted) throw error;
      for (const seat of seats) this.#lose(seat, error);
    });
    this.#noticeIdle(seats);
    await Promise.all(seats.map((seat) => this.#leave(seat)));
  }

  /** A seat may be without work because of what others did. More often, the setting has forgotten it. */
  #noticeIdle(seats: readonly WorkingSeat[]): void {
    if (seats.some(isLost)) return;
    const worked = new Set(this.results.flatMap((phase) => Object.keys(phase.seats)));
    const idle = seats.flatMap(({ assignment: { plan } }) =>
      plan.submitsPatch === false || worked.has(plan.id) ? [] : [plan.id],
    );
    if (idle.length > 0)
      this.#events.notice(
        `${this.#trial.id}: no phase had work for ${idle.join(' and ')}, so nothing of ${idle.length === 1 ? 'it' : 'them'} is tested.`,
        'warning',
      );
  }

  async #runEach(): Promise<void> {
    const phases = await this.#start();
    try {
      let outcome: PhaseOutcome = { seats: new Map() };
      const { title, maxPhases: most = maxPhases } = this.#trial.setting;
      for (let number = 1; ; number += 1) {
        const phase = this.#next(phases, outcome);
        if (!phase) break;
        if (number > most) {
          this.#events.notice(
            `${title} has more than ${most} phases. Its trials end after these.`,
            'warning',
          );
          break;
        }
        const seats = await this.#runPhase(phase, number);
        if (seats.some(isLost)) break;
        outcome = outcomeOf(seats);
      }
    } finally {
      this.#ask(() => phases.return());
    }
  }

  async #start(): Promise<Generator<Phase, void, PhaseOutcome>> {
    const { setting, featureSet, seats } = this.#trial;
    const descriptions = await readDescriptions(featureSet);
    return this.#ask(() => {
      const phases = setting.phases?.({
        seats: seats.map(({ plan }) => plan),
        descriptions,
        task: (seat) => describeTask(setting, seat, descriptions),
      });
      if (typeof phases?.next !== 'function') throw new TypeError('phases returns no generator.');
      return phases;
    });
  }

  /** The next phase of the setting. Undefined: there is none. */
  #next(phases: Generator<Phase, void, PhaseOutcome>, outcome: PhaseOutcome): Phase | undefined {
    return this.#ask(() => {
      const next = phases.next(outcome);
      if (next.done) return undefined;
      const fault = phaseFault(next.value, [...this.#seats.keys()]);
      if (fault !== undefined) throw new TypeError(fault);
      return next.value;
    });
  }

  #ask<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (CooperBenchError.is(error) || error instanceof HostFileError) throw error;
      throw faultMidway(`${this.#trial.setting.title} failed in phases`, error);
    }
  }

  async #runPhase(phase: Phase, number: number): Promise<readonly WorkingSeat[]> {
    const { name, work } = phase;
    const startedAt = this.#run.events.now().toISOString();
    const startedMs = performance.now();
    this.#events.emit({ type: 'phase_started', phase: name, number, seats: work.map(({ seat }) => seat) });
    await this.#tellBus(name);
    for (const path of work.flatMap(({ handsOver = [] }) => handsOver)) this.#noPatchPaths.add(path);
    const seats = work.map((one) => this.#seatIn(phase, one));
    const working = seats.filter((seat) => !this.#isUsedUp(seat));
    if (working.length > 0) {
      const records = [...this.#seats.values()].map(({ record }) => record);
      const base = await runPhase(this.#trial, working, records, this.#channels, this.#run, this.#events);
      if (base.base !== null) this.base = base;
    }
    const handedOver = handedOverIn(work, this.#seats);
    const hasAny = Object.keys(handedOver).length > 0;
    this.#events.emit({
      ...{ type: 'phase_finished', phase: name, number },
      ...(hasAny && { handed_over: handedOver }),
    });
    this.results.push({
      name,
      started_at: startedAt,
      duration_seconds: Math.round(performance.now() - startedMs) / 1000,
      seats: Object.fromEntries(
        seats.map(({ assignment: { plan }, record }) => {
          const files = handedOver[plan.id];
          return [plan.id, { ...record.phaseResult(), ...(files && { handed_over: files }) }];
        }),
      ),
    });
    return seats;
  }

  /** Tells whoever watches the bus. Without it, seats work as well. */
  async #tellBus(phase: string): Promise<void> {
    const { bus, name, signal } = this.#run;
    await bus?.beginPhase?.(`${name}/${this.#trial.id}`, phase).catch((error: unknown) => {
      if (!signal.aborted) this.#events.notice(`${this.#trial.id}: ${messageOf(error)}`, 'warning');
    });
  }

  /** A seat with its part of the phase. Its limits are what the phase may use of them. */
  #seatIn(
    { name, share = 1 }: Phase,
    { seat, task, start, handsOver = [], keepsChanges }: PhaseWork,
  ): WorkingSeat {
    const { assignment, record } = this.#seats.get(seat) as WorkingSeat;
    const from = typeof start === 'object' ? start.from : seat;
    const changes = start === 'fresh' ? undefined : this.#seats.get(from)?.record.patch;
    record.beginPhase(name, changes);
    const { maxSteps, maxCostUsd } = assignment.limits;
    const part = (limit: number, used: number): number => Math.min(limit - used, limit * share);
    const limits: SeatAssignment['limits'] = {
      ...(maxSteps !== undefined && { maxSteps: Math.ceil(part(maxSteps, record.steps)) }),
      ...(maxCostUsd !== undefined && { maxCostUsd: part(maxCostUsd, record.cost) }),
    };
    const isShort = assignment.timeoutMs - record.workedMs < Math.min(shortestMs, assignment.timeoutMs / 20);
    const timeoutMs = isShort ? 0 : part(assignment.timeoutMs, record.workedMs);
    const noPatchPaths = [...this.#noPatchPaths];
    return {
      record,
      assignment: {
        ...assignment,
        limits,
        timeoutMs,
        phase: { name, task, changes, handsOver, noPatchPaths, keepsChanges: keepsChanges !== false },
      },
    };
  }

  /** Whether a seat has nothing left of a limit. It then ends at once. */
  #isUsedUp({ assignment, record }: WorkingSeat): boolean {
    const { plan, limits, timeoutMs } = assignment;
    const { maxSteps = 1, maxCostUsd = 1 } = limits;
    if (timeoutMs > 0 && maxSteps > 0 && maxCostUsd > 0) return false;
    record.status = timeoutMs > 0 ? 'LimitsExceeded' : 'Timeout';
    this.#emitEnd(plan.id, record);
    return true;
  }

  /** A channel that fails a seat loses it. */
  async #leave(seat: WorkingSeat): Promise<void> {
    await this.#channels.leave(seat.assignment.plan.id).catch((error: unknown) => this.#lose(seat, error));
  }

  #lose(seat: WorkingSeat, error: unknown): void {
    if (isLost(seat)) return;
    const { record, assignment } = seat;
    record.fail(error, this.#run.signal);
    const explained = error instanceof HostFileError ? 'outside' : undefined;
    if (!this.#run.signal.aborted) recordLoss(assignment.plan.id, record, this.#run, this.#events, explained);
    this.#emitEnd(assignment.plan.id, record);
  }

  #emitEnd(seat: string, record: SeatRecord): void {
    const { status, steps, error } = record;
    this.#events.emit({ type: 'seat_finished', seat, status, steps, ...record.costFields, error });
  }
}

function handedOverIn(
  work: readonly PhaseWork[],
  seats: ReadonlyMap<string, WorkingSeat>,
): Readonly<Record<string, HandedOver>> {
  const sizeOf = (text: string | undefined): number | null =>
    text === undefined ? null : Buffer.byteLength(text);
  return Object.fromEntries(
    work.flatMap(({ seat, handsOver = [] }) => {
      const files = seats.get(seat)?.record.files;
      const sizes = handsOver.map((path) => [path, sizeOf(files?.get(path))] as const);
      return sizes.length > 0 ? [[seat, Object.fromEntries(sizes)]] : [];
    }),
  );
}

function isLost({ record }: WorkingSeat): boolean {
  return record.status === 'Error' || record.status === 'Cancelled';
}

function outcomeOf(seats: readonly WorkingSeat[]): PhaseOutcome {
  return {
    seats: new Map(
      seats.map(({ assignment, record }) => {
        const { status, files, patch } = record;
        const outcome = {
          status,
          files,
          /** Read only when a setting asks for it, because patches may be large. */
          get patch(): Uint8Array {
            return patch?.read() ?? new Uint8Array();
          },
        };
        return [assignment.plan.id, outcome];
      }),
    ),
  };
}
