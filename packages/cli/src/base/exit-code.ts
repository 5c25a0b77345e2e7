import type { EvaluationSummary, RunSummary } from '@cooperbench/records';
import type { RunOutcome } from '@cooperbench/runs';

/** Returns whether the pass rate of some setting is below a percentage. A rate over no verdicts is below every percentage. */
function isBelowRate(
  { by_setting }: Pick<RunSummary | EvaluationSummary, 'by_setting'>,
  percent: number | undefined,
): boolean {
  if (percent === undefined) return false;
  const rates = Object.values(by_setting).map(({ pass_rate }) => (pass_rate ?? 0) * 100);
  return (rates.length === 0 ? 0 : Math.min(...rates)) < percent;
}

/** 0: all ran. 1: an infrastructure error occurred, a task was left out, or the run stopped early. 3: below `--fail-under`. */
export function exitCodeOfRun(
  { summary, stopped }: Pick<RunOutcome, 'summary' | 'stopped'>,
  failUnder: number | undefined,
  isTaskLeftOut = false,
): number {
  if (stopped || isTaskLeftOut || summary.failed > 0 || (summary.eval?.errors ?? 0) > 0) return 1;
  return isBelowRate(summary, failUnder) ? 3 : 0;
}

export function exitCodeOfEvaluation(
  summary: EvaluationSummary,
  failUnder: number | undefined,
  isTaskLeftOut: boolean,
): number {
  if (isTaskLeftOut || summary.errors > 0) return 1;
  return isBelowRate(summary, failUnder) ? 3 : 0;
}

/** Finds the exit code of several runs: 2 if one could not start, or else 1, or else 3. */
export function findWorstExitCode(codes: readonly number[]): number {
  return [2, 1, 3].find((code) => codes.includes(code)) ?? 0;
}
