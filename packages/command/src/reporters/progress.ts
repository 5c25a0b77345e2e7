import type { RunEvent } from '@cooperbench/records';
import { ImageTally } from './image-tally.ts';

type Event<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

export interface SeatProgress {
  readonly steps: number;
  readonly cost: number;
  readonly cost_known: boolean;
  readonly error?: string;
  readonly emptyPatch?: boolean;
}

export interface TrialProgress {
  readonly id: string;
  /** The number of the trial, from 1, in the order of starting. */
  readonly number: number;
  readonly startedAt: number;
  readonly seats: Map<string, SeatProgress>;
  lastMessage?: Event<'message'>;
}

export interface EvaluationProgress {
  readonly total: number;
  readonly startedAt: number;
  done: number;
  passed: number;
  failed: number;
  error: number;
}

/** The progress of a run, computed from its events. Times are milliseconds of the reporter's clock. */
export class Progress {
  run: Event<'run_started'> | undefined;
  evaluation: EvaluationProgress | undefined;
  /** True after the command's last event. */
  over = false;
  startedAt: number | undefined;
  started = 0;
  done = 0;
  errors = 0;
  cancelled = 0;
  /** Running trials, oldest first. */
  readonly running: Map<string, TrialProgress> = new Map();
  readonly images: ImageTally = new ImageTally();
  validation: { readonly total: number; done: number; failed: number } | undefined;
  readonly unrecognised: string[] = [];
  #finishedCost = 0;
  #finishedCostKnown = true;
  #finishedSeconds = 0;

  /** Applies an event. Returns its trial if that is running or has just ended. */
  apply(event: RunEvent, now: number): TrialProgress | undefined {
    switch (event.type) {
      case 'run_started':
        this.run = event;
        this.startedAt = now;
        return;
      case 'trial_started':
        return this.#start(event, now);
      case 'step':
      case 'seat_finished':
        return this.#findSeat(event);
      case 'patch': {
        const seats = this.running.get(event.trial)?.seats;
        const seat = seats?.get(event.seat);
        if (seat)
          seats?.set(event.seat, { ...seat, emptyPatch: event.bytes === 0 && event.hands_in !== false });
        return;
      }
      case 'phase_started':
        return this.running.get(event.trial);
      case 'message': {
        const trial = this.running.get(event.trial);
        if (trial) trial.lastMessage = event;
        return trial;
      }
      case 'trial_finished':
        return this.#finish(event);
      case 'evaluation_started':
        // A trial whose files could not be written emits no event when it ends.
        this.running.clear();
        this.startedAt ??= now;
        this.evaluation = { total: event.trials, startedAt: now, done: 0, passed: 0, failed: 0, error: 0 };
        return;
      case 'verdict':
        this.#countVerdict(event);
        return;
      case 'images_started':
        this.startedAt = now;
        this.images.total = event.images;
        return;
      case 'image':
        this.images.apply(event, now);
        return;
      case 'validation_started':
        this.startedAt = now;
        this.validation = { total: event.features, done: 0, failed: 0 };
        return;
      case 'validated':
        this.#countValidated(event);
        return;
      case 'images_finished':
      case 'validation_finished':
        this.over = true;
        return;
      case 'evaluation_finished':
        this.over = this.run === undefined;
        return;
      case 'run_finished':
        this.running.clear();
        this.over = true;
        return;
      default:
        return;
    }
  }

  /** Returns the cost of this command's trials so far, in USD. */
  get cost(): { readonly total_cost: number; readonly cost_known: boolean } {
    const seats = [...this.running.values()].flatMap((trial) => [...trial.seats.values()]);
    return {
      total_cost: seats.reduce((sum, { cost }) => sum + cost, this.#finishedCost),
      cost_known: this.#finishedCostKnown && seats.every(({ cost_known }) => cost_known),
    };
  }

  elapsedSeconds(now: number): number {
    return this.startedAt === undefined ? 0 : (now - this.startedAt) / 1000;
  }

  /** Estimates the remaining time of the current stage. Returns undefined until something has finished. */
  remainingSeconds(now: number): number | undefined {
    const { evaluation, run, validation } = this;
    if (validation) {
      if (validation.done === 0) return undefined;
      return (this.elapsedSeconds(now) / validation.done) * (validation.total - validation.done);
    }
    if (evaluation) {
      if (evaluation.done === 0) return undefined;
      return ((now - evaluation.startedAt) / 1000 / evaluation.done) * (evaluation.total - evaluation.done);
    }
    if (!run || this.done === 0) return undefined;
    const mean = this.#finishedSeconds / this.done;
    const remaining = run.trials - this.done;
    let seconds = Math.max(0, remaining - this.running.size) * mean;
    for (const trial of this.running.values()) seconds += Math.max(0, mean - (now - trial.startedAt) / 1000);
    return seconds / Math.max(1, Math.min(run.concurrency, remaining));
  }

  #start({ trial: id, seats }: Event<'trial_started'>, now: number): TrialProgress {
    this.started += 1;
    const trial: TrialProgress = {
      id,
      number: this.started,
      startedAt: now,
      seats: new Map(seats.map(({ seat }) => [seat, { steps: 0, cost: 0, cost_known: true }])),
    };
    this.running.set(id, trial);
    return trial;
  }

  #findSeat(event: Event<'step'> | Event<'seat_finished'>): TrialProgress | undefined {
    const trial = this.running.get(event.trial);
    const { steps, cost, cost_known } = event;
    const error = event.type === 'seat_finished' && event.error ? { error: event.error } : {};
    trial?.seats.set(event.seat, { ...trial.seats.get(event.seat), steps, cost, cost_known, ...error });
    return trial;
  }

  #finish(event: Event<'trial_finished'>): TrialProgress | undefined {
    const trial = this.running.get(event.trial);
    this.running.delete(event.trial);
    this.done += 1;
    if (event.status === 'Error') this.errors += 1;
    if (event.status === 'Cancelled') this.cancelled += 1;
    this.#finishedCost += event.cost;
    if (!event.cost_known) this.#finishedCostKnown = false;
    this.#finishedSeconds += event.duration_seconds;
    return trial;
  }

  #countValidated({ state }: Event<'validated'>): void {
    if (!this.validation) return;
    this.validation.done += 1;
    if (state !== 'written') this.validation.failed += 1;
  }

  #countVerdict({ status, trial, unrecognised }: Event<'verdict'>): void {
    if (unrecognised) this.unrecognised.push(trial);
    if (!this.evaluation) return;
    this.evaluation.done += 1;
    this.evaluation[status] += 1;
  }
}
