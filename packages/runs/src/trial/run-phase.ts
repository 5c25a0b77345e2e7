import { Deadline, type Sandbox, SandboxError } from '@cooperbench/core';
import { callPlugin, type TrialChannels } from '@cooperbench/core/host';
import { Barrier } from './barrier.ts';
import { buildSeatRequest, type OpenSeat, openSeat } from './open-seat.ts';
import { HostFileError } from './patch-file.ts';
import { recordLoss, runSeat } from './run-seat.ts';
import { isIdle, type RunningSeat, type RunningTrial, TrialNotStarted, type TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';
import type { TrialOutcome } from './trial-result.ts';

/** What the seats of a trial had in common when they started. It is null if no sandbox was open. */
export type Base = Pick<TrialOutcome, 'base' | 'origin'>;

export const noBase: Base = { base: null, origin: null };

/**
 * Opens a sandbox for each of these seats of the trial, runs all agents at the same time, and closes the sandboxes. The records say how seats ended.
 * @throws TrialNotStarted.
 */
export async function runPhase(
  trial: RunningTrial,
  seats: readonly RunningSeat[],
  channels: TrialChannels,
  run: TrialRun,
  events: TrialEvents,
): Promise<Base> {
  // A trial that has begun goes on.
  const hasBegun = trial.seats.some(({ record }) => record.steps > 0 || record.cost > 0);
  const beforeCreate = hasBegun ? undefined : run.refuseIfUnaffordable;
  const openedSeats = await openSeats(trial, seats, channels, run, events, beforeCreate);
  if (!openedSeats) return noBase;
  using barrier = createBarrier(trial, seats, run, events);
  await Promise.all(
    openedSeats.map((open) =>
      runSeat(trial, open, barrier, run, events).catch((error) => open.record.fail(error, run.signal)),
    ),
  );
  const [first] = openedSeats as [OpenSeat];
  return { base: first.repository.base, origin: first.sandbox.origin };
}

/** Returns undefined if some seat has no sandbox, so all are lost. */
async function openSeats(
  trial: RunningTrial,
  seats: readonly RunningSeat[],
  channels: TrialChannels,
  run: TrialRun,
  events: TrialEvents,
  beforeCreate: (() => void) | undefined,
): Promise<readonly OpenSeat[] | undefined> {
  const lateMessage = `the sandboxes of the trial were not open within ${run.limits.open / 1000} s`;
  const requests = seats.map((seat) => buildSeatRequest(trial, seat, run));
  const lose = (reasons: readonly unknown[]): undefined => void loseSeats(trial, seats, reasons, run, events);
  let sandboxes: readonly PromiseSettledResult<Sandbox>[];
  try {
    sandboxes = await run.gate.createTogether(requests, { signal: run.signal, beforeCreate });
  } catch (error) {
    return lose(seats.map(() => error));
  }
  const refusal = sandboxes.flatMap((outcome) =>
    outcome.status === 'rejected' && outcome.reason instanceof TrialNotStarted ? [outcome.reason] : [],
  );
  if (refusal[0]) {
    await Promise.allSettled(
      sandboxes.map((outcome, index) => {
        if (outcome.status === 'rejected') return undefined;
        const failureText = `${seats[index]?.backendTitle} could not end a sandbox`;
        const closeBounds = { limitMs: run.limits.close, signal: run.closing };
        return callPlugin(failureText, async () => outcome.value[Symbol.asyncDispose](), closeBounds);
      }),
    );
    throw refusal[0];
  }
  // The wait for capacity has a limit of its own.
  using deadline = new Deadline(run.limits.open, run.signal, lateMessage);
  const outcomes = await Promise.allSettled(
    seats.map(async (seat, index) => {
      const outcome = sandboxes[index] as PromiseSettledResult<Sandbox>;
      if (outcome.status === 'rejected') throw outcome.reason;
      return openSeat(trial, seat, outcome.value, channels, run, events, deadline.signal);
    }),
  );
  const openedSeats = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (openedSeats.length === seats.length) return openedSeats;
  await Promise.all(openedSeats.map((seat) => seat[Symbol.asyncDispose]()));
  const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined));
  return lose(reasons);
}

function createBarrier(
  trial: RunningTrial,
  seats: readonly RunningSeat[],
  { limits }: TrialRun,
  events: TrialEvents,
): Barrier {
  return new Barrier({
    seats: trial.barrier ? seats.flatMap(({ agent, plan }) => (agent.saysReady ? [plan.id] : [])) : [],
    limitMs: limits.ready,
    onLate: (lateSandboxes) =>
      events.notice(
        `${trial.id}: ${lateSandboxes.join(' and ')} ${lateSandboxes.length === 1 ? 'was' : 'were'} not ready after ${limits.ready / 1000} s, so the agents of the trial did not begin together`,
        'warning',
      ),
  });
}

/** Records that the agents of seats did not start. A seat without a reason did not because of another one. */
export function loseSeats(
  trial: RunningTrial,
  seats: readonly RunningSeat[],
  reasons: readonly unknown[],
  run: TrialRun,
  events: TrialEvents,
): void {
  if (reasons.some((reason) => SandboxError.is(reason))) run.losses.sandboxFailed(trial.id);
  for (const [index, { plan, record }] of seats.entries()) {
    const reason = reasons[index] ?? new Error('not started: another seat of the trial had no sandbox');
    record.fail(reason, run.signal);
    const seat = plan.id;
    // In a later phase, agents have worked, and what they left may be the cause.
    const isOutside = reason instanceof HostFileError || (SandboxError.is(reason) && reason.fromOutside);
    const explanation = isIdle(trial) ? 'idle' : isOutside ? 'outside' : undefined;
    if (record.status === 'Error') recordLoss(seat, record, run, events, explanation);
    const { status, steps, error } = record;
    events.emit({ type: 'seat_finished', seat, status, steps, ...record.costFields, error });
  }
}
