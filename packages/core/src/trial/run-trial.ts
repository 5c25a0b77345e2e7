import { Deadline } from '../async/deadline.ts';
import { Conversation } from '../collaboration/conversation.ts';
import { TrialChannels } from '../collaboration/trial-channels.ts';
import type { SeatStatus } from '../contracts/agent.ts';
import { SandboxError } from '../contracts/errors.ts';
import type { ResultFile } from '../records/result-file.ts';
import { Barrier } from './barrier.ts';
import { type OpenSeat, openSeat } from './open-seat.ts';
import { recordLoss, runSeat } from './run-seat.ts';
import { SeatRecord } from './seat-record.ts';
import { Trajectory } from './trajectory.ts';
import type { Trial, TrialRun } from './trial.ts';
import { TrialEvents } from './trial-events.ts';
import { TrialFiles } from './trial-files.ts';
import { type TrialOutcome, trialResult, writeSeats, writeTrial } from './trial-result.ts';

/**
 * Runs all seats of a trial at the same time and writes the trial's files. Resolves with the content of result.json, even when
 * a seat was lost: every failure but one of the file system is the result of its seats. Results are on disk before channels are
 * disposed. @throws errors of the file system.
 */
export async function runTrial(trial: Trial, run: TrialRun): Promise<ResultFile> {
  const startedAt = run.events.now();
  // The clock of the machine may jump.
  const startedMs = performance.now();
  await using files = await TrialFiles.create(run.directory, trial.id);
  const events = new TrialEvents(trial.id, run.events, files);
  const conversation = new Conversation();
  const records = trial.seats.map(
    ({ plan }) =>
      new SeatRecord(new Trajectory(files.scratch(`${plan.id}.trajectory`)), (attempt) =>
        files.scratch(`${plan.id}.${attempt}.patch`),
      ),
  );
  await using channels = new TrialChannels({
    ...{ id: trial.id, limits: run.limits, signal: run.signal, closing: run.closing },
    seats: trial.seats.map(({ plan }) => plan),
    scratch: (name) => files.scratch(name),
    mailbox: (seat) => openMailbox(trial, run, seat),
    emit(event) {
      const { time } = events.emit(event);
      conversation.add(event, Date.parse(time) / 1000);
    },
    exceed: (seat, error) => records[trial.seats.findIndex(({ plan }) => plan.id === seat)]?.end(error),
    warn: (text) => events.notice(`${trial.id}: ${text}`, 'warning'),
  });
  const seats = trial.seats.map(({ plan }) => ({ seat: plan.id, features: plan.features }));
  events.emit({ type: 'trial_started', seats });
  run.losses.begin(trial.id);
  const base = await runSeats(trial, channels, records, run, events);
  run.losses.end(
    trial.id,
    records.some(({ status }) => status === 'Error'),
  );
  // An interrupted trial must not replace an earlier, complete result.
  const isWritten = !(run.signal.aborted && files.hasEarlierResult());
  if (isWritten) await writeSeats(trial, records, files);
  const outcome: TrialOutcome = { records, conversation, metrics: await channels.metrics(), ...base };
  const result = trialResult(trial, run, outcome, {
    startedAt,
    durationMs: performance.now() - startedMs,
    directory: files.directory,
    runId: events.runId,
  });
  events.emit({
    type: 'trial_finished',
    status: worst(records.map((record) => record.status)),
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

/** What the seats of a trial had in common when they started. */
type Base = Pick<TrialOutcome, 'base' | 'origin'>;

async function runSeats(
  trial: Trial,
  channels: TrialChannels,
  records: readonly SeatRecord[],
  run: TrialRun,
  events: TrialEvents,
): Promise<Base> {
  const loseAll = (reasons: readonly unknown[]): Base => {
    if (reasons.some((reason) => SandboxError.is(reason))) run.losses.sandboxFailed(trial.id);
    for (const [index, { plan }] of trial.seats.entries())
      loseSeat(plan.id, records[index] as SeatRecord, reasons[index], events, run);
    return { base: null, origin: null };
  };
  const seconds = run.limits.open / 1000;
  const late = `the sandboxes of the trial were not open within ${seconds} s`;
  using opening = new Deadline(run.limits.open, run.signal, late);
  try {
    await channels.open(trial.channels, opening.signal);
  } catch (error) {
    return loseAll(trial.seats.map(() => error));
  }
  const outcomes = await Promise.allSettled(
    trial.seats.map((seat, index) =>
      openSeat(trial, seat, records[index] as SeatRecord, channels, run, events, opening.signal),
    ),
  );
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (opened.length < trial.seats.length) {
    await Promise.all(opened.map((seat) => seat[Symbol.asyncDispose]()));
    return loseAll(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined)));
  }
  opening[Symbol.dispose]();
  const isIdle = (): boolean => records.every((record) => record.isIdle());
  using barrier = new Barrier({
    seats: trial.barrier ? trial.seats.flatMap(({ agent, plan }) => (agent.saysReady ? [plan.id] : [])) : [],
    limitMs: run.limits.ready,
    onLate: (seats) =>
      events.notice(
        `${trial.id}: ${seats.join(' and ')} ${seats.length === 1 ? 'was' : 'were'} not ready after ${run.limits.ready / 1000} s, so the agents of the trial did not begin together`,
        'warning',
      ),
  });
  await Promise.all(
    opened.map((seat, index) => {
      const record = records[index] as SeatRecord;
      return runSeat({ ...trial, isIdle }, seat, record, barrier, run, events).catch((error) =>
        record.fail(error, run.signal),
      );
    }),
  );
  const [first] = opened as [OpenSeat];
  return { base: first.repository.base, origin: first.sandbox.origin };
}

async function openMailbox(trial: Trial, run: TrialRun, seat: string) {
  if (!run.bus) throw new Error('the channel opens a mailbox, but its definition does not set usesBus');
  return run.bus.open(`${run.name}/${trial.id}`, seat);
}

/** Records that a seat's agent did not start. `reason` is undefined when another seat failed. */
function loseSeat(
  seat: string,
  record: SeatRecord,
  reason: unknown,
  events: TrialEvents,
  run: TrialRun,
): void {
  record.fail(reason ?? new Error('not started: another seat of the trial had no sandbox'), run.signal);
  if (record.status === 'Error') recordLoss(seat, record, run, events, 'idle');
  const { status, error } = record;
  events.emit({ type: 'seat_finished', seat, status, steps: 0, ...record.costFields, error });
}

const severity: readonly SeatStatus[] = ['Completed', 'LimitsExceeded', 'Timeout', 'Cancelled', 'Error'];

function worst(statuses: readonly SeatStatus[]): SeatStatus {
  return severity[Math.max(0, ...statuses.map((status) => severity.indexOf(status)))] ?? 'Error';
}
