import { defaultSeed } from '../statistics/bootstrap.ts';
import type { Run } from '../trials/read-run.ts';
import type { Comparison } from './compare.ts';
import { compareConditions, conditionsOf } from './comparisons.ts';
import { type ConditionReport, conditionReport } from './condition-report.ts';

/** The figures of runs, as `--json` prints them. Rates are fractions of 1, costs US dollars, times seconds. */
export interface Report {
  readonly schema_version: 1;
  /** The seed of the bootstrap, and of the sign-flip test of many tasks. */
  readonly seed: number;
  /** The merge policy whose verdicts count. Null: the first verdict of each trial counts. */
  readonly merge_policy: string | null;
  readonly runs: readonly Pick<Run, 'name' | 'directory' | 'problems'>[];
  readonly conditions: readonly ConditionReport[];
  readonly comparisons: readonly Comparison[];
}

/** Reports on runs and compares their conditions. Pure. */
export function report(runs: readonly Run[], seed: number = defaultSeed): Report {
  const conditions = conditionsOf(runs);
  return {
    schema_version: 1,
    seed,
    merge_policy: runs.find(({ merge_policy }) => merge_policy !== undefined)?.merge_policy ?? null,
    runs: runs.map(({ name, directory, problems }) => ({ name, directory, problems })),
    conditions: conditions.map((condition) => conditionReport(condition, seed)),
    comparisons: compareConditions(conditions, seed),
  };
}
