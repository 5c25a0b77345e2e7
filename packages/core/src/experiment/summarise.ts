import { eachAtOnce } from '../async/each-at-once.ts';
import type {
  EvaluationSummary,
  RunSummary,
  SettingSummary,
  VerdictCounts,
  VerdictStatus,
} from '../contracts/summaries.ts';
import { type EvaluationFile, readEvaluation, statusOf } from '../records/evaluation-file.ts';
import { judgedOf } from '../records/original.ts';
import { readTrial, sortById, type TrialFolder, trialFolders } from '../records/read-trials.ts';
import { isUnfinished, type ResultFile, seatsOf } from '../records/result-file.ts';

/** The parts of a trial that summaries count. Test output is left out: thousands of trials may have megabytes of it each. */
interface TrialFigures {
  readonly id: string;
  readonly setting: string;
  readonly judged: 'merge' | 'single';
  readonly status: string;
  readonly unfinished: boolean;
  readonly cost: number;
  readonly costKnown: boolean;
  readonly seconds: number;
  readonly messages: number;
  readonly verdict: VerdictFigures | undefined;
}

interface VerdictFigures {
  readonly status: VerdictStatus;
  /** Null in verdicts of the Python original, which do not record it. */
  readonly overallSuccess: boolean | null;
  readonly mergedCleanly: boolean;
  readonly hasReferences: boolean;
  /** For each seat, whether its patch alone passed. */
  readonly alone: readonly boolean[];
}

/** Ids of the trials that kept their stored result or verdict, and the time of the summary. */
interface SummaryOptions {
  readonly results?: ReadonlySet<string>;
  readonly verdicts?: ReadonlySet<string>;
  readonly at?: Date;
}

/** Summarises every trial on disk. */
export async function summarise(
  runName: string,
  runDir: string,
  {
    results: keptResults = new Set(),
    verdicts: keptVerdicts = new Set(),
    at = new Date(),
  }: SummaryOptions = {},
): Promise<{ run: RunSummary; evaluation: EvaluationSummary | null }> {
  const trials: TrialFigures[] = [];
  for await (const trial of eachAtOnce(await trialFolders(runDir), 32, trialFigures))
    if (trial) trials.push(trial);
  sortById(trials);
  const evaluation = evaluationSummary(runName, trials, keptVerdicts, at);
  const settings = bySetting(trials);
  const { total_tasks, completed, failed, total_cost, cost_known, pass_rate } = settingSummary(trials);
  const run: RunSummary = {
    run_name: runName,
    completed_at: at.toISOString(),
    pass_rate: settings.length > 1 ? null : pass_rate,
    total_tasks,
    completed,
    skipped: trials.filter(({ id }) => keptResults.has(id)).length,
    failed,
    total_cost,
    cost_known,
    total_time_seconds: trials.reduce((total, { seconds }) => total + seconds, 0),
    by_setting: Object.fromEntries(settings.map(([setting, items]) => [setting, settingSummary(items)])),
    results: trials.map(({ id, status, cost, costKnown, verdict }) => ({
      task: id,
      status,
      cost,
      cost_known: costKnown,
      eval: verdict?.status ?? null,
    })),
    eval: evaluation,
  };
  return { run, evaluation };
}

async function trialFigures(folder: TrialFolder): Promise<TrialFigures | undefined> {
  const trial = await readTrial(folder);
  if (!trial) return undefined;
  const { id, setting, result, unusable } = trial;
  const file = await readEvaluation(trial.directory);
  return {
    id,
    setting,
    judged: judgedOf(trial),
    status: unusable === undefined ? trialStatus(result) : 'Error',
    unfinished: unusable !== undefined || (result !== undefined && isUnfinished(result)),
    cost: result?.total_cost ?? 0,
    costKnown:
      typeof result?.total_cost === 'number' &&
      Object.values(seatsOf(result)).every((seat) => seat.cost_known !== false),
    seconds: result?.duration_seconds ?? 0,
    messages: result?.messages_sent ?? 0,
    verdict: file.state === 'read' ? verdictFigures(file.value) : undefined,
  };
}

function verdictFigures(evaluation: Partial<EvaluationFile>): VerdictFigures {
  // Files of other tools may not have features_results.
  const features = Object.values(evaluation.features_results ?? {});
  return {
    status: statusOf(evaluation),
    overallSuccess: evaluation.overall_success ?? null,
    mergedCleanly: evaluation.merge?.status === 'clean',
    hasReferences: features.length > 0 && features.every(({ reference }) => reference),
    alone: Object.values(evaluation.individual ?? {}).map((seat) => seat.success),
  };
}

function bySetting(trials: readonly TrialFigures[]): [string, TrialFigures[]][] {
  return [...Map.groupBy(trials, ({ setting }) => setting)];
}

function settingSummary(trials: readonly TrialFigures[]): SettingSummary {
  const failed = trials.filter(({ unfinished }) => unfinished).length;
  return {
    total_tasks: trials.length,
    completed: trials.length - failed,
    failed,
    total_cost: trials.reduce((total, { cost }) => total + cost, 0),
    cost_known: trials.every(({ costKnown }) => costKnown),
    messages_sent: trials.reduce((total, { messages }) => total + messages, 0),
    pass_rate: counts(trials, new Set()).pass_rate,
  };
}

function trialStatus(result: Partial<ResultFile> | undefined): string {
  const statuses = Object.values(seatsOf(result ?? {})).map((seat) => seat.status);
  return (
    statuses.find((status) => status !== 'Completed' && (status as string) !== 'Submitted') ?? 'Completed'
  );
}

function evaluationSummary(
  runName: string,
  trials: readonly TrialFigures[],
  kept: ReadonlySet<string>,
  at: Date,
): EvaluationSummary | null {
  const evaluated = trials.filter(({ verdict }) => verdict !== undefined);
  if (evaluated.length === 0) return null;
  return {
    run_name: runName,
    evaluated_at: at.toISOString(),
    ...counts(evaluated, kept),
    ...(bySetting(trials).length > 1 && { pass_rate: null, overall_rate: null, individual_rate: null }),
    by_setting: Object.fromEntries(
      bySetting(evaluated).map(([setting, items]) => [
        setting,
        {
          judged: items.every(({ judged }) => judged === 'single') ? 'single' : 'merge',
          ...counts(items, kept),
        },
      ]),
    ),
    results: evaluated.map(({ id, verdict }) => ({ run: id, status: verdict?.status ?? 'error' })),
  };
}

export function emptyEvaluation(runName: string, at: Date): EvaluationSummary {
  return {
    run_name: runName,
    evaluated_at: at.toISOString(),
    ...counts([], new Set()),
    by_setting: {},
    results: [],
  };
}

function counts(trials: readonly TrialFigures[], kept: ReadonlySet<string>): VerdictCounts {
  const verdicts = trials.flatMap(({ verdict }) => verdict ?? []);
  const passed = verdicts.filter(({ status }) => status === 'passed').length;
  const failed = verdicts.filter(({ status }) => status === 'failed').length;
  const decided = verdicts.filter(({ status }) => status !== 'error');
  const overall = decided.flatMap(({ overallSuccess }) => overallSuccess ?? []);
  const overallPassed = overall.filter((success) => success).length;
  const compared = decided.filter(({ hasReferences }) => hasReferences).length;
  const alone = decided.flatMap((verdict) => verdict.alone);
  return {
    total_runs: verdicts.length,
    passed,
    failed,
    errors: verdicts.length - decided.length,
    skipped: trials.filter(({ id }) => kept.has(id)).length,
    pass_rate: rate(passed, passed + failed),
    overall_passed: overallPassed,
    overall_rate: rate(overallPassed, overall.length),
    merged_cleanly: decided.filter(({ mergedCleanly }) => mergedCleanly).length,
    individual_rate: rate(alone.filter((success) => success).length, alone.length),
    with_reference: compared,
    without_reference: decided.length - compared,
  };
}

/** Divides two counts. Null when `whole` is 0. */
function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
