import type { EvaluationSummary, RunSummary } from '@cooperbench/records';
import { count, formatDuration, formatMoney, formatPercent, totalCost } from '../figures/format.ts';
import type { Paint } from '../terminal/paint.ts';
import { safeText } from '../terminal/safe-text.ts';
import { type Row, table } from '../terminal/table.ts';
import type { Progress } from './progress.ts';
import { formatRepetitionLines } from './repetition-lines.ts';
import { findEvaluationErrors, formatSettingTable } from './setting-table.ts';

/** The results of a command. `run` is absent if the command only evaluated. */
export interface Summaries {
  readonly run?: RunSummary;
  readonly evaluation: EvaluationSummary | null;
}

export interface FinalBlockOptions {
  readonly now: number;
  readonly paint: Paint;
  /** The width of the terminal. If it is absent, the width is unlimited. */
  readonly columns?: number | undefined;
}

/** Maximum trials that are listed by name. */
const maxNamed = 20;

export function formatFinalBlock(
  { run, evaluation }: Summaries,
  progress: Progress,
  { now, paint, columns }: FinalBlockOptions,
): string[] {
  const settings = { ...run?.by_setting, ...evaluation?.by_setting };
  const decidedCount = evaluation ? evaluation.passed + evaluation.failed : 0;
  // A rate is a mean over pairs. Where pairs were repeated, the count is another figure.
  const isRepeated = evaluation?.results.some((result) => /@\d+$/.test(result.run)) ?? false;
  const unit = isRepeated ? ' trials' : '';
  const formatShare = (passed: number | undefined): string =>
    decidedCount > 0 ? ` (${passed} of ${decidedCount}${unit})` : '';
  const facts: [string, string][] = [
    ['Trials', formatTrials(run, evaluation)],
    // With several settings, a table shows the rates of each.
    ...(Object.keys(settings).length > 1
      ? []
      : ([
          ['Individual', formatPercent(evaluation?.individual_rate)],
          [
            formatPassedLabel(evaluation),
            formatPercent(evaluation?.pass_rate) + formatShare(evaluation?.passed),
          ],
          ['Overall', formatPercent(evaluation?.overall_rate) + getOverall(evaluation, decidedCount)],
        ] satisfies [string, string][])),
    ...listReferences(evaluation),
    ['Errors', formatErrors(run, evaluation)],
    ...(run ? ([['Cost', formatCost(run, progress)]] satisfies [string, string][]) : []),
    ['Duration', formatDuration(progress.elapsedSeconds(now))],
    ...(progress.run ? ([['Logs', progress.run.log_dir]] satisfies [string, string][]) : []),
  ];
  const layout = { indent: '  ', columns, paint };
  return [
    `${paint('bold', '[CooperBench]')} ${run ? 'Finished' : 'Evaluated'}: ${safeText(run?.run_name ?? evaluation?.run_name ?? '')}`,
    ...table(
      facts.map(([label, value]): Row => [['dim', label], value]),
      layout,
    ),
    ...formatSettingTable(run, evaluation, layout),
    ...formatRepetitionLines(evaluation?.results ?? []).map((line) => `  ${line}`),
    ...formatUnrecognised(progress.unrecognised, paint),
  ];
}

/** Empty when some verdicts have no `overall_success`, such as those of the Python original. */
function getOverall(evaluation: EvaluationSummary | null, decidedCount: number): string {
  const { overall_passed: passed = 0, overall_rate: rate = null } = evaluation ?? {};
  return rate !== null && passed / decidedCount === rate ? ` (${passed} of ${decidedCount})` : '';
}

/** Formats the label of the pass rate. If no seat was tested alone, as in solo, nothing was merged. */
function formatPassedLabel(evaluation: EvaluationSummary | null): string {
  return typeof evaluation?.individual_rate === 'number' ? 'Merged' : 'Passed';
}

function formatTrials(run: RunSummary | undefined, evaluation: EvaluationSummary | null): string {
  if (!run) {
    const already = evaluation?.skipped ? ` (${evaluation.skipped} already evaluated)` : '';
    return `${evaluation?.total_runs ?? 0}${already}`;
  }
  const parts = [`${run.completed} completed`];
  if (run.failed > 0) parts.push(`${run.failed} lost`);
  if (run.skipped > 0) parts.push(`${run.skipped} already done`);
  return `${run.total_tasks} (${parts.join(', ')})`;
}

/** Counts lost trials and failed evaluations. */
function formatErrors(run: RunSummary | undefined, evaluation: EvaluationSummary | null): string {
  const parts: string[] = [];
  if (run && run.failed > 0) parts.push(`${count(run.failed, 'trial')} lost`);
  const evaluations = run ? findEvaluationErrors(run).length : evaluation?.errors;
  if (evaluations) parts.push(count(evaluations, 'evaluation'));
  return parts.join(', ') || 'none';
}

/** Lists the number of verdicts with a reference. Without a reference, nothing says which tests should have run. */
function listReferences(evaluation: EvaluationSummary | null): [string, string][] {
  if (!evaluation?.without_reference) return [];
  const { with_reference: compared, without_reference: comparedNot } = evaluation;
  return [['References', `${compared} of ${count(compared + comparedNot, 'verdict')} compared with one`]];
}

/** Formats the cost of the run, by this command and earlier ones. */
function formatCost(run: RunSummary, progress: Progress): string {
  const now = totalCost(progress.cost);
  const total = totalCost(run);
  const parts = now === total ? [] : [`${now} this time`];
  if (run.discarded_cost > 0)
    parts.push(`${formatMoney(run.discarded_cost)} on attempts that left no result`);
  return parts.length > 0 ? `${total} (${parts.join(', ')})` : total;
}

function formatUnrecognised(names: readonly string[], paint: Paint): string[] {
  if (names.length === 0) return [];
  const moreCount = names.length - maxNamed;
  return [
    `  ${paint('yellow', 'Failed: the tests exited with 0, but no test result was recognised in their output:')}`,
    ...names.slice(0, maxNamed).map((name) => `    ${safeText(name)}`),
    ...(moreCount > 0 ? [`    +${moreCount} more`] : []),
  ];
}
