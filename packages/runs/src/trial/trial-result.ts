import type { SeatPlan } from '@cooperbench/core';
import {
  type Conversation,
  findSharedBySeats,
  type PhaseResult,
  type ResultFile,
  type SeatResult,
} from '@cooperbench/records';
import type { RunningTrial, Trial, TrialRun } from './trial.ts';
import type { TrialEvents } from './trial-events.ts';
import type { TrialFiles } from './trial-files.ts';

/** The outcome of a trial's seats. */
export interface TrialOutcome {
  readonly conversation: Conversation;
  /** Metrics of the channels. */
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly base: string | null;
  readonly origin: ResultFile['origin'];
  /** It is undefined if the setting has no phases. */
  readonly phases?: readonly PhaseResult[] | undefined;
}

/** Returns the content of a trial's result.json. */
export function buildTrialResult(
  trial: RunningTrial,
  run: TrialRun,
  { conversation, metrics, base, origin, phases }: TrialOutcome,
  {
    startedAt,
    durationMs,
    directory,
    runId,
  }: {
    readonly startedAt: Date;
    readonly durationMs: number;
    readonly directory: string;
    readonly runId: string;
  },
): ResultFile {
  const { setting, featureSet } = trial;
  const channels = trial.channels.map(({ name }) => name);
  const seats = trial.seats.map(({ plan, agentName, model, record }): [string, SeatResult] => {
    const fields = {
      ...buildFeaturesField(trial, plan),
      ...(plan.role !== undefined && { role: plan.role }),
      ...(plan.submitsPatch === false && { hands_in: false as const }),
      file_stem: plan.fileStem,
      ...record.patchFacts,
      agent_framework: agentName,
      model,
    };
    return [plan.id, record.result(fields)];
  });
  const endedAt = run.events.now();
  const sum = (value: (seat: SeatResult) => number): number =>
    seats.reduce((total, [, seat]) => total + value(seat), 0);
  return {
    ...metrics,
    schema_version: 1,
    repo: featureSet.task.repo,
    task_id: featureSet.task.taskId,
    features: featureSet.features,
    repetition: trial.repetition,
    seed: trial.seed ?? null,
    setting: setting.name,
    judged: setting.judged,
    run_id: runId,
    run_name: run.name,
    agent_framework: findSharedBySeats(trial.seats.map(({ agentName }) => agentName)),
    model: findSharedBySeats(trial.seats.map((seat) => seat.model)),
    started_at: startedAt.toISOString(),
    ended_at: endedAt.toISOString(),
    duration_seconds: Math.round(durationMs) / 1000,
    ...(setting.judged === 'single' && seats.length === 1
      ? Object.assign({}, ...seats.map(([id, seat]) => ({ agent: { id, ...seat } })))
      : { agents: Object.fromEntries(seats) }),
    ...(phases && { phases }),
    total_cost: sum((seat) => seat.cost),
    total_steps: sum((seat) => seat.steps),
    ...(setting.channels && { messages_sent: conversation.size }),
    ...(conversation.dropped > 0 && { messages_dropped: conversation.dropped }),
    log_dir: directory,
    channels,
    ...buildDefinitions(trial),
    messaging_enabled: trial.channels.some(({ carriesMessages }) => carriesMessages),
    git_enabled: trial.channels.some(({ sharesCommits }) => sharesCommits),
    network: trial.actualNetwork,
    untrusted: trial.seats.some((seat) => seat.untrusted),
    base_commit: base,
    origin,
    ...run.record,
  };
}

/** Returns how reports show the metrics of the trial's channels. */
function buildDefinitions({ channels }: Trial): Pick<ResultFile, 'metric_definitions'> {
  const metrics = Object.assign({}, ...channels.map(({ channel }) => channel.metrics ?? {}));
  return Object.keys(metrics).length > 0 ? { metric_definitions: metrics } : {};
}

/** Writes the patch and the trajectory of each seat. @throws errors of the file system. */
export async function writeSeats(trial: RunningTrial, files: TrialFiles): Promise<void> {
  const { task } = trial.featureSet;
  for (const { plan, model, record } of trial.seats) {
    if (plan.submitsPatch !== false) {
      const name = `${plan.fileStem}.patch`;
      await (record.patch ? record.patch.moveTo(files.path(name)) : files.write(name, ''));
    }
    await record.trajectory.writeTo(files.path(`${plan.fileStem}_traj.json`), {
      repo: task.repo,
      task_id: task.taskId,
      ...buildFeaturesField(trial, plan),
      agent_id: plan.id,
      model,
      status: record.status,
      cost: record.cost,
      steps: record.steps,
    });
  }
}

/** Writes the other files of a trial, except its events. */
export async function writeTrial(
  trial: RunningTrial,
  { conversation }: TrialOutcome,
  result: ResultFile,
  files: TrialFiles,
  events: TrialEvents,
): Promise<void> {
  for (const { plan, record } of trial.seats) {
    const { status, error } = record;
    events.log(plan, `${status}${error ? `: ${error}` : ''}`);
  }
  if (trial.setting.channels) {
    const getFeature = (seat: string): number =>
      trial.seats.find(({ plan }) => plan.id === seat)?.plan.features[0] ?? 0;
    await files.json('conversation.json', conversation.entries(getFeature));
  }
  await files.json('result.json', result);
}

/** Like the Python original: `feature_id` for a seat with one feature, `features` for a seat with all. */
function buildFeaturesField(
  { setting }: Trial,
  { features }: SeatPlan,
): { feature_id: number } | { features: readonly number[] } {
  const [first] = features;
  return setting.judged === 'merge' && features.length === 1 && first !== undefined
    ? { feature_id: first }
    : { features };
}
