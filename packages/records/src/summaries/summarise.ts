// Longer than 250 lines, because the parts of the summary are of no use alone.
import { lstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrently } from '@cooperbench/core';
import { buildStatus, type EvaluationFile, readEvaluation } from '../formats/evaluation-file.ts';
import { getLedgerPath, type LedgerContent, readLedger, type Spending } from '../formats/ledger.ts';
import { getJudged } from '../formats/python-format.ts';
import { buildSeats, isUnfinished, type ResultFile } from '../formats/result-file.ts';
import type {
  EvaluationSummary,
  RunSummary,
  SettingSummary,
  VerdictCounts,
  VerdictStatus,
} from '../formats/summaries.ts';
import { findTrialFolders, readTrial, sortById, type TrialFolder } from '../trials/read-trials.ts';
import { findPolicy, findVerdictUnder, isForeignVerdict } from '../trials/verdict-under.ts';
import { computeDiscardedCosts, getCostOfTrial, type ResultCost } from './costs.ts';
import { computeMeanRate, computeUnitRates, type Outcome } from './rates.ts';
import { buildTrialVoids, type TrialVoids } from './voids.ts';

/** The parts of a trial that summaries count. Test output is left out: thousands of trials may have megabytes of it each. */
interface TrialFigures {
  readonly id: string;
  readonly setting: string;
  readonly judged: 'merge' | 'single';
  readonly seats: number;
  readonly status: string;
  readonly unfinished: boolean;
  readonly cost: ResultCost;
  readonly seconds: number;
  readonly messages: number;
  readonly voids: TrialVoids;
  readonly verdict: VerdictFigures | undefined;
}

interface VerdictFigures {
  readonly status: VerdictStatus;
  readonly policy: string | null;
  /** Null in verdicts of the Python original, which do not record it. */
  readonly overallSuccess: boolean | null;
  readonly mergedCleanly: boolean;
  readonly hasReferences: boolean;
  /** For each seat, whether its patch alone passed. */
  readonly alone: readonly (readonly [seat: string, passed: boolean])[];
}

interface SummaryOptions {
  /** Counts the verdicts under this policy. Defaults to the first verdict of each trial. */
  readonly mergePolicy?: string;
  /** Only with the policy that the user chose: verdicts of another tool count under whatever policy they had. */
  readonly isPolicyChosen?: boolean;
  /** Ids of the trials that kept their stored result, and their stored verdict. */
  readonly results?: ReadonlySet<string>;
  readonly verdicts?: ReadonlySet<string>;
  /** Gets each file of a trial that cannot be read, with the reason, as one text. */
  readonly onBroken?: (problem: string) => void;
  /** The time of the summary. */
  readonly at?: Date;
}

/**
 * Returns whether nothing was spent, and no trial's result or verdict was written or removed, since a run's summary.json.
 * After a kill, or when another tool evaluated, the file misses what was done.
 */
export async function isSummaryCurrent(runDir: string): Promise<boolean> {
  const [writtenStats, spentStats] = await Promise.all(
    [join(runDir, 'summary.json'), getLedgerPath(runDir)].map((path) => stat(path).catch(() => undefined)),
  );
  if (writtenStats === undefined || (spentStats?.mtimeMs ?? 0) > writtenStats.mtimeMs) return false;
  const folders = await findTrialFolders(runDir);
  // Synchronous: through Node's pool of threads, thousands of files take several times the processor time.
  return folders.every(({ directory }) =>
    // A folder changes when a file in it is removed.
    ['..', '.', 'result.json', 'eval.json'].every((name) => {
      const file = lstatSync(join(directory, name), { throwIfNoEntry: false });
      return (file?.mtimeMs ?? 0) <= writtenStats.mtimeMs;
    }),
  );
}

/** Summarises every trial on disk. */
export async function summarise(
  runName: string,
  runDir: string,
  options: SummaryOptions = {},
): Promise<{ run: RunSummary; evaluation: EvaluationSummary | null; spentOnEvaluation: Spending }> {
  const { results: keptResults = new Set(), verdicts: keptVerdicts = new Set(), at = new Date() } = options;
  const trials: TrialFigures[] = [];
  const ledger = await readLedger(runDir);
  const readFigures = (folder: TrialFolder): Promise<TrialFigures | undefined> =>
    findTrialFigures(folder, options, ledger);
  for await (const trial of mapConcurrently(await findTrialFolders(runDir), 32, readFigures))
    if (trial) trials.push(trial);
  sortById(trials);
  const evaluation = findEvaluationSummary(runName, trials, keptVerdicts, at, options.mergePolicy, ledger);
  const discardedSpent = computeDiscardedCosts(
    ledger,
    trials.map(({ cost }) => cost),
  );
  const settings = groupBySetting(trials);
  // Settings whose every attempt was lost.
  const withoutTrials = [...discardedSpent.keys()]
    .filter((name) => settings.every(([setting]) => setting !== name))
    .map((name): [string, TrialFigures[]] => [name, []]);
  const {
    messages_sent: _,
    pass_rate,
    pass_rate_with_voids,
    ...sums
  } = buildSettingSummary(trials, sumOf([...discardedSpent.values()]));
  const run: RunSummary = {
    run_name: runName,
    completed_at: at.toISOString(),
    pass_rate: settings.length > 1 ? null : pass_rate,
    pass_rate_with_voids: settings.length > 1 ? null : pass_rate_with_voids,
    ...sums,
    skipped: trials.filter(({ id }) => keptResults.has(id)).length,
    total_time_seconds: trials.reduce((total, { seconds }) => total + seconds, 0),
    by_setting: Object.fromEntries(
      [...settings, ...withoutTrials].map(([setting, items]) => [
        setting,
        buildSettingSummary(items, discardedSpent.get(setting)),
      ]),
    ),
    results: trials.map(({ id, status, cost, verdict }) => ({
      task: id,
      status,
      cost: cost.cost,
      cost_known: cost.known,
      eval: verdict?.status ?? null,
    })),
    eval: evaluation,
  };
  return { run, evaluation, spentOnEvaluation: ledger.evaluation };
}

async function findTrialFigures(
  folder: TrialFolder,
  options: SummaryOptions,
  { losses }: LedgerContent,
): Promise<TrialFigures | undefined> {
  const { onBroken } = options;
  const trial = await readTrial(folder, (path, reason) => onBroken?.(`${path}: ${reason}`));
  if (!trial) return undefined;
  const { id, setting, result, unusable } = trial;
  if (unusable !== undefined) onBroken?.(unusable);
  const file = await readEvaluation(trial.directory);
  if (file.state === 'broken' || file.state === 'unusable')
    onBroken?.(`${join(trial.directory, 'eval.json')}: ${file.reason}`);
  const verdict =
    file.state === 'read' ? findVerdictFigures(findCountedVerdict(file.value, options)) : undefined;
  return {
    id,
    setting,
    judged: getJudged(trial),
    // The oldest runs of the Python original have no result.json.
    seats: !result && getJudged(trial) === 'single' ? 1 : Object.keys(buildSeats(result ?? {})).length,
    status: unusable === undefined ? formatTrialStatus(result) : 'Error',
    unfinished: unusable !== undefined || (result !== undefined && isUnfinished(result)),
    cost: getCostOfTrial(trial),
    // Earlier releases wrote a negative duration when the clock of the machine jumped.
    seconds: Math.max(0, result?.duration_seconds ?? 0),
    messages: result?.messages_sent ?? 0,
    voids: buildTrialVoids(losses.get(id), result),
    // A trial whose result cannot be used is an error, whatever its verdict.
    verdict: verdict && unusable !== undefined ? { ...verdict, status: 'error' } : verdict,
  };
}

function findCountedVerdict(
  file: Partial<EvaluationFile>,
  { mergePolicy, isPolicyChosen = true }: SummaryOptions,
): Partial<EvaluationFile> | undefined {
  const isFirst = mergePolicy === undefined || (isForeignVerdict(file) && !isPolicyChosen);
  return isFirst ? file : findVerdictUnder(file, mergePolicy);
}

function findVerdictFigures(evaluation: Partial<EvaluationFile> | undefined): VerdictFigures | undefined {
  if (!evaluation) return undefined;
  // Files of other tools may not have features_results.
  const features = Object.values(evaluation.features_results ?? {});
  return {
    status: buildStatus(evaluation),
    policy: findPolicy(evaluation),
    overallSuccess: evaluation.overall_success ?? null,
    mergedCleanly: evaluation.merge?.status === 'clean',
    hasReferences: features.length > 0 && features.every(({ reference }) => reference),
    alone: Object.entries(evaluation.individual ?? {}).map(([seat, { success }]) => [seat, success]),
  };
}

function groupBySetting(trials: readonly TrialFigures[]): [string, TrialFigures[]][] {
  return [...Map.groupBy(trials, ({ setting }) => setting)];
}

function buildSettingSummary(
  trials: readonly TrialFigures[],
  discardedSpent: Spending = { cost: 0, known: true },
): SettingSummary {
  const failedCount = trials.filter(({ unfinished }) => unfinished).length;
  const totalSpent = sumOf([...trials.map(({ cost }) => cost), discardedSpent]);
  const counted = countVerdicts(trials, new Set());
  return {
    total_tasks: trials.length,
    completed: trials.length - failedCount,
    failed: failedCount,
    total_cost: totalSpent.cost,
    discarded_cost: discardedSpent.cost,
    cost_known: totalSpent.known,
    messages_sent: trials.reduce((total, { messages }) => total + messages, 0),
    pass_rate: counted.pass_rate,
    voids: counted.voids,
    pass_rate_with_voids: counted.pass_rate_with_voids,
  };
}

function sumOf(costs: readonly Spending[]): Spending {
  return {
    cost: costs.reduce((total, { cost }) => total + cost, 0),
    known: costs.every(({ known }) => known),
  };
}

function formatTrialStatus(result: Partial<ResultFile> | undefined): string {
  const statuses = Object.values(buildSeats(result ?? {})).map((seat) => seat.status);
  return (
    statuses.find((status) => status !== 'Completed' && (status as string) !== 'Submitted') ?? 'Completed'
  );
}

function findEvaluationSummary(
  runName: string,
  trials: readonly TrialFigures[],
  keptIds: ReadonlySet<string>,
  endTime: Date,
  mergePolicy: string | undefined,
  { evaluation: evaluationSpent }: Pick<LedgerContent, 'evaluation'>,
): EvaluationSummary | null {
  const evaluated = trials.filter(({ verdict }) => verdict !== undefined);
  if (evaluated.length === 0) return null;
  const policies = new Set(evaluated.flatMap(({ verdict }) => verdict?.policy ?? []));
  const [policy = mergePolicy ?? null] = policies;
  return {
    run_name: runName,
    evaluated_at: endTime.toISOString(),
    cost: evaluationSpent.cost,
    cost_known: evaluationSpent.known,
    merge_policy: policies.size > 1 ? null : policy,
    // Trials that were lost count, although they may have no verdict.
    ...countVerdicts(trials, keptIds),
    ...(groupBySetting(trials).length > 1 && {
      ...{ pass_rate: null, overall_rate: null, individual_rate: null, pass_rate_with_voids: null },
    }),
    by_setting: Object.fromEntries(
      groupBySetting(evaluated).map(([setting, items]) => [
        setting,
        {
          judged: items.every(({ judged }) => judged === 'single') ? 'single' : 'merge',
          seats: Math.max(...items.map(({ seats }) => seats)),
          ...countVerdicts(
            trials.filter((trial) => trial.setting === setting),
            keptIds,
          ),
        },
      ]),
    ),
    results: evaluated.map(({ id, verdict }) => ({ run: id, status: verdict?.status ?? 'error' })),
  };
}

/** Builds the summary of an evaluation without verdicts. `spent` is what evaluators used nevertheless. */
export function buildEmptyEvaluation(
  runName: string,
  mergePolicy: string,
  endTime: Date,
  evaluationSpent: Spending,
): EvaluationSummary {
  return {
    run_name: runName,
    evaluated_at: endTime.toISOString(),
    cost: evaluationSpent.cost,
    cost_known: evaluationSpent.known,
    merge_policy: mergePolicy,
    ...countVerdicts([], new Set()),
    by_setting: {},
    results: [],
  };
}

function countVerdicts(trials: readonly TrialFigures[], keptIds: ReadonlySet<string>): VerdictCounts {
  const verdicts = trials.flatMap(({ id, verdict }) => (verdict ? { ...verdict, pair: pairOf(id) } : []));
  const passedCount = verdicts.filter(({ status }) => status === 'passed').length;
  const failedCount = verdicts.filter(({ status }) => status === 'failed').length;
  const decidedVerdicts = verdicts.filter(({ status }) => status !== 'error');
  const overall = decidedVerdicts.flatMap(({ pair: unit, overallSuccess }) =>
    overallSuccess === null ? [] : { unit, passed: overallSuccess },
  );
  const compared = decidedVerdicts.filter(({ hasReferences }) => hasReferences).length;
  const individualRates = decidedVerdicts.flatMap(({ pair, alone: seats }) =>
    seats.map(([seat, success]) => ({ unit: `${pair} ${seat}`, passed: success })),
  );
  const merged = decidedVerdicts.map(({ pair: unit, status }) => ({ unit, passed: status === 'passed' }));
  const isVoid = ({ voids }: TrialFigures): boolean => voids.attempts > 0;
  const withVoids = trials.flatMap((trial) => {
    const status = isVoid(trial) ? 'failed' : (trial.verdict?.status ?? 'error');
    return status === 'error' ? [] : { unit: pairOf(trial.id), passed: status === 'passed' };
  });
  return {
    total_runs: verdicts.length,
    passed: passedCount,
    failed: failedCount,
    errors: verdicts.length - decidedVerdicts.length,
    skipped: trials.filter(({ id }) => keptIds.has(id)).length,
    pass_rate: rateOf(merged),
    overall_passed: overall.filter(({ passed: success }) => success).length,
    overall_rate: rateOf(overall),
    merged_cleanly: decidedVerdicts.filter(({ mergedCleanly }) => mergedCleanly).length,
    individual_rate: rateOf(individualRates),
    with_reference: compared,
    without_reference: decidedVerdicts.length - compared,
    voids: trials.filter(isVoid).length,
    pass_rate_with_voids: rateOf(withVoids),
  };
}

function rateOf(outcomes: readonly Outcome[]): number | null {
  return computeMeanRate(computeUnitRates(outcomes).values());
}

/** Returns the id of a trial without its repetition. */
function pairOf(trial: string): string {
  return trial.replace(/@\d+$/, '');
}
