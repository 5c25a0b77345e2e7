import type { SeatStatus } from '@cooperbench/core';
import { TrialChannels } from '@cooperbench/core/host';
import { Conversation, type ResultFile } from '@cooperbench/records';
import { runPhases } from './run-phases.ts';
import { SeatRecord } from './seat-record.ts';
import { Trajectory } from './trajectory.ts';
import { type RunningTrial, type Trial, TrialNotStarted, type TrialRun } from './trial.ts';
import { TrialEvents } from './trial-events.ts';
import { TrialFiles } from './trial-files.ts';
import { buildTrialResult, type TrialOutcome, writeSeats, writeTrial } from './trial-result.ts';

/**
 * Runs all seats of a trial at the same time and writes the trial's files. Resolves with the content of result.json, even when
 * a seat was lost: every failure but one of the file system is the result of its seats. Results are on disk before channels are
 * disposed. @throws errors of the file system; TrialNotStarted, and an earlier result stays.
 */
export async function runTrial(planned: Trial, run: TrialRun): Promise<ResultFile> {
  const startedAt = run.events.now();
  // The clock of the machine may jump.
  const startedMs = performance.now();
  await using files = await TrialFiles.create(run.directory, planned.id);
  const events = new TrialEvents(planned.id, run.events, files);
  const conversation = new Conversation();
  const trial = start(planned, files);
  const records = trial.seats.map(({ record }) => record);
  await using channels = new TrialChannels({
    ...{ id: trial.id, limits: run.limits, signal: run.signal, closing: run.closing },
    seats: trial.seats.map(({ plan }) => plan),
    scratch: (name) => files.scratch(name),
    mailbox: (seat) => openMailbox(trial, run, seat),
    emit(event) {
      const { time } = events.emit(event);
      conversation.add(event, Date.parse(time) / 1000);
    },
    exceed: (seat, error) => trial.seats.find(({ plan }) => plan.id === seat)?.record.end(error),
    warn: (text) => events.notice(`${trial.id}: ${text}`, 'warning'),
  });
  const seats = trial.seats.map(({ plan }) => ({ seat: plan.id, features: plan.features }));
  events.emit({ type: 'trial_started', seats });
  run.losses.begin(trial.id);
  const phasesDone = await runPhases(trial, channels, run, events).catch((error: unknown) => {
    run.losses.end(trial.id);
    if (error instanceof TrialNotStarted) {
      const unused = { cost: 0, cost_known: true, steps: 0, messages: 0 };
      events.emit({ type: 'trial_finished', status: 'Cancelled', duration_seconds: 0, ...unused });
    }
    throw error;
  });
  run.losses.end(
    trial.id,
    records.some(({ status }) => status === 'Error'),
  );
  // An interrupted trial must not replace an earlier, complete result.
  const isWritten = !(run.signal.aborted && files.hasEarlierResult());
  if (isWritten) await writeSeats(trial, files);
  const outcome: TrialOutcome = { conversation, metrics: await channels.metrics(), ...phasesDone };
  const result = buildTrialResult(trial, run, outcome, {
    startedAt,
    durationMs: performance.now() - startedMs,
    directory: files.directory,
    runId: events.runId,
  });
  events.emit({
    type: 'trial_finished',
    status: findWorstStatus(records.map((record) => record.status)),
    duration_seconds: result.duration_seconds,
    cost: result.total_cost,
    cost_known: records.every(({ costFields }) => costFields.cost_known),
    steps: result.total_steps,
    messages: conversation.size,
  });
  if (!isWritten) return result;
  await writeTrial(trial, outcome, result, files, events);
  await files.commit();
  return result;
}

/** Gives each seat an empty record. */
function start(trial: Trial, files: TrialFiles): RunningTrial {
  const seats = trial.seats.map((seat) => {
    const { id } = seat.plan;
    const trajectory = new Trajectory(files.scratch(`${id}.trajectory`));
    const record = new SeatRecord(trajectory, (attempt) => files.scratch(`${id}.${attempt}.patch`));
    return { ...seat, record };
  });
  return { ...trial, seats };
}

async function openMailbox(trial: Trial, run: TrialRun, seat: string) {
  if (!run.bus) throw new Error('the channel opens a mailbox, but its definition does not set usesBus');
  return run.bus.open(`${run.name}/${trial.id}`, seat);
}

const severity: readonly SeatStatus[] = ['Completed', 'LimitsExceeded', 'Timeout', 'Cancelled', 'Error'];

function findWorstStatus(statuses: readonly SeatStatus[]): SeatStatus {
  return severity[Math.max(0, ...statuses.map((status) => severity.indexOf(status)))] ?? 'Error';
}
