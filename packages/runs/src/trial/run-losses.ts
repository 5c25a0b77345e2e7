import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentError, CommandError, SandboxError } from '@cooperbench/core';
import type { SeatLoss } from '@cooperbench/records';

/** What the failure of a seat means. `agent`: the seat is judged by its patch. Otherwise the trial is lost and runs again. */
export type Blame = 'agent' | Required<SeatLoss>['explained'] | 'unexplained';

/** A seat that failed. */
export interface SeatFailure {
  readonly trial: string;
  readonly seat: string;
  readonly error: unknown;
  /** No step and no answer of a model was recorded for any seat of the trial, so no agent can have caused the failure. */
  readonly isIdle: boolean;
}

/** How often earlier attempts lost a seat whose trial had an answer. */
export interface LossCount {
  readonly explained: number;
  readonly unexplained: number;
}

/** Up to this number, losses of one seat are accidents. After more, an agent may have learnt how to cause the evidence. */
const maxExplained = 2;
const pollMs = 200;

interface Moment {
  readonly trial: string;
  readonly atMs: number;
  readonly what: 'sandbox failed' | 'lost' | 'ended well';
}

/**
 * Decides whether the failure of a seat is the agent's doing. Agents control what happens inside a sandbox, so only what they
 * cannot control counts as infrastructure: evidence that the backend names, and other trials that fail in the same moment.
 * docs/decisions/failures.md states the rule.
 */
export class RunLosses {
  readonly #lostBefore: ReadonlyMap<string, ReadonlyMap<string, LossCount>>;
  readonly #momentMs: number;
  readonly #running = new Set<string>();
  #moments: Moment[] = [];

  /** `lostBefore`: by trial and seat. `momentMs`: how far apart failures have one cause. */
  constructor(lostBefore: ReadonlyMap<string, ReadonlyMap<string, LossCount>>, momentMs: number) {
    this.#lostBefore = lostBefore;
    this.#momentMs = momentMs;
  }

  begin(trial: string): void {
    this.#running.add(trial);
  }

  /** `isLost` is absent for a trial that did not start, which says nothing about others. */
  end(trial: string, isLost?: boolean): void {
    this.#running.delete(trial);
    if (isLost !== undefined) this.#add(trial, isLost ? 'lost' : 'ended well');
  }

  /** Records that a sandbox of the trial failed or could not be made. */
  sandboxFailed(trial: string): void {
    this.#add(trial, 'sandbox failed');
  }

  /** After the failure of a sandbox, waits up to `momentMs` for the sandboxes of other trials. The signal ends the wait. */
  async blame({ trial, seat, error, isIdle }: SeatFailure, signal: AbortSignal): Promise<Blame> {
    const isSandbox = SandboxError.is(error);
    if (isSandbox) this.sandboxFailed(trial);
    if (isIdle) return 'idle';
    if (AgentError.is(error) && error.scope === 'run') return 'outside';
    const previousLosses = this.#lostBefore.get(trial)?.get(seat);
    if (previousLosses && previousLosses.explained >= maxExplained) return 'agent';
    if (SandboxError.is(error) && error.fromOutside) return 'outside';
    if (CommandError.is(error)) return 'agent';
    if (isSandbox && !(await this.#othersFail(trial, signal))) return 'agent';
    if (this.#isOutage(trial)) return 'shared';
    return previousLosses && previousLosses.unexplained > 0 ? 'agent' : 'unexplained';
  }

  async #othersFail(trial: string, signal: AbortSignal): Promise<boolean> {
    const untilMs = performance.now() + this.#momentMs;
    for (;;) {
      if (this.#listOthers(trial).some(({ what }) => what === 'sandbox failed')) return true;
      const leftMs = untilMs - performance.now();
      const isAlone = [...this.#running].every((running) => running === trial);
      if (leftMs <= 0 || isAlone || signal.aborted) return false;
      await delay(Math.min(leftMs, pollMs), undefined, { signal }).catch(() => {});
    }
  }

  /** Other trials were lost in this moment, and none ended well. */
  #isOutage(trial: string): boolean {
    const otherMoments = this.#listOthers(trial);
    return otherMoments.length > 0 && otherMoments.every(({ what }) => what !== 'ended well');
  }

  #listOthers(trial: string): Moment[] {
    const sinceMs = performance.now() - this.#momentMs;
    return this.#moments.filter((moment) => moment.trial !== trial && moment.atMs >= sinceMs);
  }

  #add(trial: string, kind: Moment['what']): void {
    const atMs = performance.now();
    // A failure that waits looks back for as long as it has waited, and once more before that.
    this.#moments = this.#moments.filter((moment) => moment.atMs >= atMs - 2 * this.#momentMs);
    this.#moments.push({ trial, atMs, what: kind });
  }
}
