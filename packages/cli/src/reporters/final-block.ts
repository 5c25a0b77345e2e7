import type { EvaluationSummary, RunSummary } from '@cooperbench/core';
import { count, duration, money, rate } from './format.ts';
import type { Paint } from './paint.ts';
import type { Progress } from './progress.ts';
import { safeText } from './safe-text.ts';
import { settingTable } from './setting-table.ts';

/** What the command came to. `run` is absent when it only evaluated. */
export interface Summaries {
  readonly run?: RunSummary;
  readonly evaluation: EvaluationSummary | null;
}

/** Trials named one by one; the rest is in the files. */
const maxNamed = 20;

export function finalBlock(
  { run, evaluation }: Summaries,
  progress: Progress,
  now: number,
  paint: Paint,
): string[] {
  const decided = evaluation ? evaluation.passed + evaluation.failed : 0;
  const of = (passed: number | undefined): string => (decided > 0 ? ` (${passed} of ${decided})` : '');
  const facts: [string, string][] = [
    ['Trials', trials(run, evaluation)],
    ['Individual', rate(evaluation?.individual_rate)],
    ['Merged', rate(evaluation?.pass_rate) + of(evaluation?.passed)],
    ['Overall', rate(evaluation?.overall_rate) + of(evaluation?.overall_passed)],
    ['Errors', errors(run, evaluation)],
    ...(run ? ([['Cost', cost(run, progress)]] satisfies [string, string][]) : []),
    ['Duration', duration(progress.elapsedSeconds(now))],
    ...(progress.run ? ([['Logs', safeText(progress.run.log_dir)]] satisfies [string, string][]) : []),
  ];
  const name = safeText(run?.run_name ?? evaluation?.run_name ?? '');
  return [
    `${paint('bold', '[CooperBench]')} ${run ? 'Finished' : 'Evaluated'}: ${name}`,
    ...facts.map(([label, value]) => `  ${paint('dim', label.padEnd(10))}  ${value}`),
    ...settingTable(run?.by_setting, evaluation?.by_setting).map((line) => `  ${line}`),
    ...unrecognised(progress.unrecognised, paint),
  ];
}

function trials(run: RunSummary | undefined, evaluation: EvaluationSummary | null): string {
  if (!run) {
    const already = evaluation?.skipped ? ` (${evaluation.skipped} already evaluated)` : '';
    return `${evaluation?.total_runs ?? 0}${already}`;
  }
  const parts = [`${run.completed} completed`];
  if (run.failed > 0) parts.push(`${run.failed} lost`);
  if (run.skipped > 0) parts.push(`${run.skipped} already done`);
  return `${run.total_tasks} (${parts.join(', ')})`;
}

function errors(run: RunSummary | undefined, evaluation: EvaluationSummary | null): string {
  const parts: string[] = [];
  if (run && run.failed > 0) parts.push(`${count(run.failed, 'trial')} lost`);
  if (evaluation && evaluation.errors > 0) parts.push(count(evaluation.errors, 'evaluation'));
  return parts.join(', ') || 'none';
}

/** The summary also counts what earlier commands spent on trials that were kept. */
function cost(run: RunSummary, progress: Progress): string {
  const now = money(progress.cost);
  const total = money(run.total_cost);
  return now === total ? total : `${total} (${now} this time)`;
}

function unrecognised(names: readonly string[], paint: Paint): string[] {
  if (names.length === 0) return [];
  const more = names.length - maxNamed;
  return [
    `  ${paint('yellow', 'Failed because no test result was recognised although the tests exited 0:')}`,
    ...names.slice(0, maxNamed).map((name) => `    ${safeText(name)}`),
    ...(more > 0 ? [`    +${more} more`] : []),
  ];
}
