import { Conversation } from '../collaboration/conversation.ts';
import { TrialChannels } from '../collaboration/trial-channels.ts';
import type { SeatStatus } from '../contracts/agent.ts';
import { messageOf } from '../contracts/errors.ts';
import type { ResultFile } from '../records/result-file.ts';
import { type OpenSeat, openSeat } from './open-seat.ts';
import { runSeat } from './run-seat.ts';
import { SeatRecord } from './seat-record.ts';
import type { Trial, TrialRun } from './trial.ts';
import { TrialEvents } from './trial-events.ts';
import { TrialFiles } from './trial-files.ts';
import { type TrialOutcome, trialResult, writeTrial } from './trial-result.ts';

/**
 * Runs all seats of a trial at the same time and writes the trial's files. Resolves with the content of result.json, even when
 * a seat was lost. @throws errors of the file system.
 */
export async function runTrial(trial: Trial, run: TrialRun): Promise<ResultFile> {
  const startedAt = run.events.now();
  await using files = await TrialFiles.create(run.directory, trial.id);
  const events = new TrialEvents(trial.id, run.events, files);
  const seats = trial.seats.map(({ plan }) => ({ seat: plan.id, features: plan.features }));
  events.emit({ type: 'trial_started', seats });
  const outcome = await runSeats(trial, run, files, events);
  const result = trialResult(trial, run, outcome, { startedAt, directory: files.directory });
  events.emit({
    type: 'trial_finished',
    status: worst(outcome.records.map((record) => record.status)),
    duration_seconds: result.duration_seconds,
    cost: result.total_cost,
    cost_known: outcome.records.every(({ costFields }) => costFields.cost_known),
    steps: result.total_steps,
    messages: outcome.conversation.size,
  });
  // An interrupted trial must not replace an earlier, complete result.
  if (run.signal.aborted && files.hasEarlierResult()) return result;
  await writeTrial(trial, outcome, result, files, events);
  await files.commit();
  return result;
}

async function runSeats(
  trial: Trial,
  run: TrialRun,
  files: TrialFiles,
  events: TrialEvents,
): Promise<TrialOutcome> {
  const conversation = new Conversation();
  const notStarted = (reasons: readonly unknown[]): TrialOutcome => ({
    records: trial.seats.map(({ plan }, index) => lostRecord(plan.id, reasons[index], events, run)),
    conversation,
    metrics: {},
    base: null,
    origin: null,
  });
  let channels: TrialChannels;
  try {
    channels = await TrialChannels.open(trial.channels, {
      id: trial.id,
      seats: trial.seats.map(({ plan }) => plan),
      scratch: (name) => files.scratch(name),
      mailbox: (seat) => openMailbox(trial, run, seat),
      emit(event) {
        const { time } = events.emit(event);
        conversation.add(event, Date.parse(time) / 1000);
      },
    });
  } catch (error) {
    return notStarted(trial.seats.map(() => error));
  }
  await using _channels = channels;
  const opening = await Promise.allSettled(
    trial.seats.map((seat) => openSeat(trial, seat, channels, run, events)),
  );
  const opened = opening.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (opened.length < trial.seats.length) {
    await Promise.all(opened.map((seat) => seat[Symbol.asyncDispose]()));
    return notStarted(opening.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined)));
  }
  const records = await Promise.all(opened.map((seat) => runSeat(trial, seat, run, events)));
  const [first] = opened as [OpenSeat];
  return {
    records,
    conversation,
    metrics: channels.metrics(),
    base: first.repository.base,
    origin: first.sandbox.origin,
  };
}

async function openMailbox(trial: Trial, run: TrialRun, seat: string) {
  if (!run.bus) throw new Error('the channel opens a mailbox, but its definition does not set usesBus');
  return run.bus.open(`${run.name}/${trial.id}`, seat);
}

/** The record of a seat whose agent did not start. `reason` is undefined when another seat failed. */
function lostRecord(seat: string, reason: unknown, events: TrialEvents, run: TrialRun): SeatRecord {
  const record = new SeatRecord();
  record.status = run.signal.aborted ? 'Cancelled' : 'Error';
  record.error =
    reason === undefined ? 'not started: another seat of the trial had no sandbox' : messageOf(reason);
  events.emit({
    type: 'seat_finished',
    seat,
    status: record.status,
    steps: 0,
    ...record.costFields,
    error: record.error,
  });
  return record;
}

const severity: readonly SeatStatus[] = ['Completed', 'LimitsExceeded', 'Timeout', 'Cancelled', 'Error'];

function worst(statuses: readonly SeatStatus[]): SeatStatus {
  return severity[Math.max(0, ...statuses.map((status) => severity.indexOf(status)))] ?? 'Error';
}
