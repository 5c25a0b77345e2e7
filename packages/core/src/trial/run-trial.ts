import { randomBytes } from 'node:crypto';
import { Conversation } from '../collaboration/conversation.ts';
import { TeamRepository } from '../collaboration/team-repository.ts';
import type { SeatStatus } from '../contracts/agent.ts';
import type { Mailbox } from '../contracts/bus.ts';
import { messageOf } from '../contracts/errors.ts';
import type { RunEventBody } from '../contracts/events.ts';
import { seatStem } from '../records/layout.ts';
import type { ResultFile, SeatResult } from '../records/result-file.ts';
import { patchLines } from './collect-patch.ts';
import { type OpenSeat, openSeat } from './open-seat.ts';
import { runSeat } from './run-seat.ts';
import { SeatRecord } from './seat-record.ts';
import type { RunContext, SeatAssignment, Trial } from './trial.ts';
import { TrialFiles } from './trial-files.ts';

/**
 * Runs all seats of a trial at once and writes the trial's files. Resolves with what result.json says, also when a seat
 * was lost. @throws the file system's errors.
 */
export async function runTrial(trial: Trial, run: RunContext): Promise<ResultFile> {
  const startedAt = new Date();
  await using files = await TrialFiles.create(run.runDir, trial.id);
  const emit = (event: RunEventBody): void => {
    files.events.line(JSON.stringify({ time: new Date().toISOString(), ...event }));
    run.emit(event);
  };
  emit({
    type: 'trial_started',
    trial: trial.id,
    seats: trial.seats.map(({ seat, features }) => ({ seat, features })),
  });
  const conversation = new Conversation();
  const work = await runSeats(trial, conversation, files, emit, run);
  const result = describe(trial, work, conversation, startedAt, files.directory, run);
  emit({
    type: 'trial_finished',
    trial: trial.id,
    status: worst(work.records.map((record) => record.status)),
    duration_seconds: result.duration_seconds,
    cost: result.total_cost,
    steps: result.total_steps,
    messages: conversation.size,
  });
  // A trial that was interrupted must not replace a result that is whole.
  if (run.signal.aborted && files.hasEarlierResult()) return result;
  await writeSeats(trial, work.records, files);
  if (trial.seats.length > 1)
    await files.json(
      'conversation.json',
      conversation.entries((seat) => featureOf(trial, seat)),
    );
  await files.json('result.json', result);
  await files.commit();
  return result;
}

interface Work {
  readonly records: readonly SeatRecord[];
  readonly base: string | null;
  readonly origin: ResultFile['origin'];
}

async function runSeats(
  trial: Trial,
  conversation: Conversation,
  files: TrialFiles,
  emit: RunContext['emit'],
  run: RunContext,
): Promise<Work> {
  const together = trial.seats.length > 1;
  await using team = together && run.git ? await TeamRepository.create(files.scratch('team.git')) : undefined;
  const mailboxes = new Map<string, Mailbox>();
  const shared = { conversation, team, emit };
  const open = async (): Promise<PromiseSettledResult<OpenSeat>[]> => {
    if (together && run.bus)
      for (const { seat } of trial.seats)
        mailboxes.set(seat, await run.bus.open(`${run.runName}/${trial.id}`, seat));
    return Promise.allSettled(
      trial.seats.map((seat) => openSeat(trial, seat, mailboxes.get(seat.seat), shared, run)),
    );
  };
  // Without a mailbox for everyone nobody gets a sandbox.
  const opening = await open().catch((reason: unknown) =>
    trial.seats.map((): PromiseRejectedResult => ({ status: 'rejected', reason })),
  );
  const opened = opening.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (opened.length < trial.seats.length) {
    await Promise.all([...opened, ...mailboxes.values()].map((seat) => seat[Symbol.asyncDispose]()));
    return {
      records: opening.map((outcome, index) => notStarted(trial, index, outcome, emit, run)),
      base: null,
      origin: null,
    };
  }
  const records = await Promise.all(
    opened.map((seat) => runSeat(trial, seat, files.log(seat.assignment), emit, run)),
  );
  return { records, base: opened[0]?.base ?? null, origin: opened[0]?.sandbox.origin ?? null };
}

function notStarted(
  trial: Trial,
  index: number,
  outcome: PromiseSettledResult<OpenSeat>,
  emit: RunContext['emit'],
  run: RunContext,
): SeatRecord {
  const record = new SeatRecord();
  record.status = run.signal.aborted ? 'Cancelled' : 'Error';
  record.error =
    outcome.status === 'rejected'
      ? messageOf(outcome.reason)
      : 'not started: another seat of the trial had no sandbox';
  const seat = trial.seats[index]?.seat ?? '';
  emit({
    type: 'seat_finished',
    trial: trial.id,
    seat,
    status: record.status,
    steps: 0,
    cost: 0,
    error: record.error,
  });
  return record;
}

async function writeSeats(trial: Trial, records: readonly SeatRecord[], files: TrialFiles): Promise<void> {
  const { task } = trial.pair;
  for (const [index, seat] of trial.seats.entries()) {
    const record = records[index];
    if (!record) continue;
    const stem = seatStem(seat);
    await files.write(`${stem}.patch`, record.patch);
    await files.json(`${stem}_traj.json`, {
      repo: task.repo,
      task_id: task.taskId,
      ...featuresField(seat),
      agent_id: seat.seat,
      model: seat.model,
      status: record.status,
      cost: record.cost,
      steps: record.steps,
      messages: record.messages,
    });
    files
      .log(seat)
      .line(`${new Date().toISOString()} ${record.status}${record.error ? `: ${record.error}` : ''}`);
  }
}

function describe(
  trial: Trial,
  work: Work,
  conversation: Conversation,
  startedAt: Date,
  directory: string,
  run: RunContext,
): ResultFile {
  const seats = trial.seats.map((seat, index): [string, SeatResult] => {
    const record = work.records[index] ?? new SeatRecord();
    const more = {
      ...featuresField(seat),
      patch_lines: patchLines(record.patch),
      agent_framework: seat.agentName,
      model: seat.model,
    };
    return [seat.seat, record.result(more)];
  });
  const endedAt = new Date();
  const sum = (value: (seat: SeatResult) => number): number =>
    seats.reduce((total, [, seat]) => total + value(seat), 0);
  const alone = trial.setting === 'solo' ? seats[0]?.[1] : undefined;
  return {
    schema_version: 1,
    repo: trial.pair.task.repo,
    task_id: trial.pair.task.taskId,
    features: trial.pair.features,
    setting: trial.setting,
    run_id: randomBytes(4).toString('hex'),
    run_name: run.runName,
    agent_framework: run.agentName,
    model: run.model,
    started_at: startedAt.toISOString(),
    ended_at: endedAt.toISOString(),
    duration_seconds: (endedAt.getTime() - startedAt.getTime()) / 1000,
    ...(alone ? { agent: alone } : { agents: Object.fromEntries(seats) }),
    total_cost: sum((seat) => seat.cost),
    total_steps: sum((seat) => seat.steps),
    ...(alone ? {} : { messages_sent: conversation.size }),
    log_dir: directory,
    config_hash: run.configHash,
    backend: run.backendName,
    messaging_enabled: run.bus !== undefined,
    git_enabled: run.git,
    untrusted: trial.seats.some((seat) => seat.untrusted),
    base_commit: work.base,
    origin: work.origin,
    versions: run.versions,
  };
}

function featuresField(seat: SeatAssignment): { feature_id: number } | { features: readonly number[] } {
  const [first] = seat.features;
  return seat.seat === 'solo' || first === undefined ? { features: seat.features } : { feature_id: first };
}

function featureOf(trial: Trial, seat: string): number {
  return trial.seats.find((other) => other.seat === seat)?.features[0] ?? 0;
}

const severity: readonly SeatStatus[] = ['Completed', 'LimitsExceeded', 'Timeout', 'Cancelled', 'Error'];

function worst(statuses: readonly SeatStatus[]): SeatStatus {
  return severity[Math.max(0, ...statuses.map((status) => severity.indexOf(status)))] ?? 'Error';
}
