import { performance } from 'node:perf_hooks';
import { CooperBenchError, Deadline, getMessage, type Phase, type PhaseOutcome } from '@cooperbench/core';
import {
  createFaultMidwayError,
  findPhaseFault,
  maxPhases,
  type TrialChannels,
} from '@cooperbench/core/host';
import type { PhaseResult } from '@cooperbench/records';
import { HostFileError } from './patch-file.ts';
import { buildOutcome, findHandedOverIn, isLost } from './phase-outcome.ts';
import { buildSeatInPhase, isUsedUp } from './phase-seat.ts';
import { type Base, loseSeats, noBase, runPhase } from './run-phase.ts';
import { recordLoss } from './run-seat.ts';
import { describeTask, readDescriptions } from './seat-brief.ts';
import { type RunningSeat, type RunningTrial, TrialNotStarted, type TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';
import type { TrialOutcome } from './trial-result.ts';

type PhasesOutcome = Base & Pick<TrialOutcome, 'phases'>;

/**
 * Opens the channels of a trial and runs its phases, one after another. The records say how its seats ended.
 * @throws TrialNotStarted.
 */
export async function runPhases(
  trial: RunningTrial,
  channels: TrialChannels,
  run: TrialRun,
  events: TrialEvents,
): Promise<PhasesOutcome> {
  const { seats } = trial;
  const lateMessage = `the channels of the trial were not open within ${run.limits.open / 1000} s`;
  try {
    using deadline = new Deadline(run.limits.open, run.signal, lateMessage);
    await channels.open(trial.channels, deadline.signal);
  } catch (error) {
    const reasons = seats.map(() => error);
    loseSeats(trial, seats, reasons, run, events);
    return noBase;
  }
  if (!trial.setting.phases) return runPhase(trial, seats, channels, run, events);
  const phases = new TrialPhases(trial, channels, run, events);
  await phases.runAll();
  return { ...phases.base, phases: phases.results };
}

/** The phases of one trial. */
class TrialPhases {
  base: Base = noBase;
  readonly results: PhaseResult[] = [];
  readonly #trial: RunningTrial;
  readonly #seats: ReadonlyMap<string, RunningSeat>;
  readonly #channels: TrialChannels;
  readonly #run: TrialRun;
  readonly #events: TrialEvents;
  /** Paths that seats handed over so far. */
  readonly #noPatchPaths = new Set<string>();

  constructor(trial: RunningTrial, channels: TrialChannels, run: TrialRun, events: TrialEvents) {
    this.#trial = trial;
    this.#seats = new Map(trial.seats.map((seat) => [seat.plan.id, seat]));
    this.#channels = channels;
    this.#run = run;
    this.#events = events;
  }

  /** Runs one phase after another until the setting has no more or a seat is lost. A fault of the setting loses all seats. */
  async runAll(): Promise<void> {
    const { seats } = this.#trial;
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
  #noticeIdle(seats: readonly RunningSeat[]): void {
    if (seats.some(isLost)) return;
    const worked = new Set(this.results.flatMap((phase) => Object.keys(phase.seats)));
    const idleSeats = seats.flatMap(({ plan }) =>
      plan.submitsPatch === false || worked.has(plan.id) ? [] : [plan.id],
    );
    if (idleSeats.length > 0)
      this.#events.notice(
        `${this.#trial.id}: no phase had work for ${idleSeats.join(' and ')}, so nothing of ${idleSeats.length === 1 ? 'it' : 'them'} is tested.`,
        'warning',
      );
  }

  async #runEach(): Promise<void> {
    const phases = await this.#start();
    try {
      let outcome: PhaseOutcome = { seats: new Map() };
      const { title, maxPhases: phaseLimit = maxPhases } = this.#trial.setting;
      for (let number = 1; ; number += 1) {
        const phase = this.#advance(phases, outcome);
        if (!phase) break;
        if (number > phaseLimit) {
          this.#events.notice(
            `${title} has more than ${phaseLimit} phases. Its trials end after these.`,
            'warning',
          );
          break;
        }
        const seats = await this.#runPhase(phase, number);
        if (seats.some(isLost)) break;
        outcome = buildOutcome(seats);
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

  /** Returns the next phase of the setting. Returns undefined if there is none. */
  #advance(phases: Generator<Phase, void, PhaseOutcome>, outcome: PhaseOutcome): Phase | undefined {
    return this.#ask(() => {
      const next = phases.next(outcome);
      if (next.done) return undefined;
      const fault = findPhaseFault(next.value, [...this.#seats.keys()]);
      if (fault !== undefined) throw new TypeError(fault);
      return next.value;
    });
  }

  #ask<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (CooperBenchError.is(error) || error instanceof HostFileError) throw error;
      throw createFaultMidwayError(`${this.#trial.setting.title} failed in phases`, error);
    }
  }

  async #runPhase(phase: Phase, number: number): Promise<readonly RunningSeat[]> {
    const { name, work } = phase;
    const startedAt = this.#run.events.now().toISOString();
    const startedMs = performance.now();
    this.#events.emit({ type: 'phase_started', phase: name, number, seats: work.map(({ seat }) => seat) });
    await this.#tellBus(name);
    for (const path of work.flatMap(({ handsOver = [] }) => handsOver)) this.#noPatchPaths.add(path);
    const seats = work.map((phaseWork) =>
      buildSeatInPhase(phase, phaseWork, this.#seats, [...this.#noPatchPaths]),
    );
    const workingSeats = seats.filter((seat) => !this.#endIfUsedUp(seat));
    if (workingSeats.length > 0) {
      const base = await runPhase(this.#trial, workingSeats, this.#channels, this.#run, this.#events);
      if (base.base !== null) this.base = base;
    }
    const handedOver = findHandedOverIn(work, this.#seats);
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
        seats.map(({ plan, record }) => {
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
      if (!signal.aborted) this.#events.notice(`${this.#trial.id}: ${getMessage(error)}`, 'warning');
    });
  }

  /** Ends a seat that has nothing left of a limit. Returns false if it has something left of each. */
  #endIfUsedUp(seat: RunningSeat): boolean {
    if (!isUsedUp(seat)) return false;
    seat.record.status = seat.timeoutMs > 0 ? 'LimitsExceeded' : 'Timeout';
    this.#emitEnd(seat);
    return true;
  }

  /** A channel that fails a seat loses it. */
  async #leave(seat: RunningSeat): Promise<void> {
    await this.#channels.leave(seat.plan.id).catch((error: unknown) => this.#lose(seat, error));
  }

  #lose(seat: RunningSeat, error: unknown): void {
    if (isLost(seat)) return;
    const { record, plan } = seat;
    record.fail(error, this.#run.signal);
    const explanation = error instanceof HostFileError ? 'outside' : undefined;
    if (!this.#run.signal.aborted) recordLoss(plan.id, record, this.#run, this.#events, explanation);
    this.#emitEnd(seat);
  }

  #emitEnd({ plan, record }: RunningSeat): void {
    const { status, steps, error } = record;
    this.#events.emit({ type: 'seat_finished', seat: plan.id, status, steps, ...record.costFields, error });
  }
}
