import { type LabelerAgreement, listLabelerAgreements } from '../analysis/summary.ts';
import { defaultSeed } from '../statistics/bootstrap.ts';
import type { Run } from '../trials/read-run.ts';
import type { Comparison } from './compare.ts';
import { compareConditions, listConditions } from './comparisons.ts';
import type { ClusterKey, Condition } from './condition.ts';
import { buildConditionReport, type ConditionReport } from './condition-report.ts';
import { buildFactors, type Factors, findLabels, listVariedFactors } from './factors.ts';
import { listMarginalEffects, type MarginalEffect } from './marginal-effects.ts';
import { collectObservations } from './observations.ts';

/** The figures of runs, as `--json` prints them. Rates are fractions of 1, costs US dollars, times seconds. */
export interface Report {
  readonly schema_version: 1;
  /** The seed of the bootstrap, and of the sign-flip test of many tasks. */
  readonly seed: number;
  /** The unit of the clusters in all formulas. */
  readonly cluster: ClusterKey;
  /** The merge policy whose verdicts count. It is null if the first verdict of each trial counts. */
  readonly merge_policy: string | null;
  readonly runs: readonly Pick<Run, 'name' | 'directory' | 'problems'>[];
  readonly conditions: readonly (ConditionReport & { readonly factors: Factors })[];
  /** By pair, how many of its repetitions passed in each condition: `1 of 3`, or empty without a verdict. */
  readonly pairs_by_condition: readonly { readonly pair: string; readonly passed: readonly string[] }[];
  /** How the merged rate changes with each factor that varies. It is empty if none does. */
  readonly marginal_effects: readonly MarginalEffect[];
  readonly comparisons: readonly Comparison[];
  /** How far people agree with each other, and with models, on why trials failed. Over all conditions. */
  readonly labelers: readonly LabelerAgreement[];
}

export interface ReportOptions {
  readonly seed?: number;
  readonly cluster?: ClusterKey;
  /** By run, or by its setting as `RUN SETTING`, the label of a condition. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The label or run of the only baseline. Absent means agents that work alone, and the first condition. */
  readonly baseline?: string | undefined;
}

/** Reports on runs and compares their conditions. Pure. */
export function report(
  runs: readonly Run[],
  { seed = defaultSeed, cluster = 'task', labels = {}, baseline }: ReportOptions = {},
): Report {
  const conditions = listLabelledConditions(runs, labels).map((condition) => ({ ...condition, cluster }));
  return {
    schema_version: 1,
    seed,
    cluster,
    merge_policy: runs.find(({ merge_policy }) => merge_policy !== undefined)?.merge_policy ?? null,
    runs: runs.map(({ name, directory, problems }) => ({ name, directory, problems })),
    conditions: conditions.map((condition) => ({
      ...buildConditionReport(condition, seed),
      factors: condition.factors,
    })),
    comparisons: compareConditions(conditions, seed, baseline),
    labelers: listLabelerAgreements(runs.flatMap(({ trials }) => trials)),
    pairs_by_condition: listPairsByCondition(conditions),
    marginal_effects: listMarginalEffects(conditions),
  };
}

function listPairsByCondition(conditions: readonly Condition[]): Report['pairs_by_condition'] {
  const columns = conditions.map(
    ({ trials }) =>
      new Map(collectObservations(trials, 'merged').map((observation) => [observation.unit, observation])),
  );
  const pairs = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort();
  return pairs.map((pair) => ({
    pair,
    passed: columns.map((column) => {
      const observation = column.get(pair);
      return observation
        ? `${Math.round(observation.value * observation.trials)} of ${observation.trials}`
        : '';
    }),
  }));
}

/** Lists the conditions of runs with the factors that vary, labelled by them where that is short and unique. */
export function listLabelledConditions(
  runs: readonly Run[],
  labels: Readonly<Record<string, string>> = {},
): (Condition & { readonly factors: Factors })[] {
  const conditions = listConditions(runs);
  const configs = new Map(runs.map(({ name, config }) => [name, config]));
  const factorsList = listVariedFactors(
    conditions.map(({ run, setting, trials }) => buildFactors(setting, trials, configs.get(run))),
  );
  const names = new Set(conditions.map(({ label }) => label));
  const shortLabels = runs.length > 1 ? findLabels(factorsList) : [];
  return conditions.map((condition, index) => {
    const { run, setting, label } = condition;
    const labelKey = [`${run} ${setting}`, run].find((key) => Object.hasOwn(labels, key));
    const givenLabel = labelKey === undefined ? undefined : labels[labelKey];
    const shortLabel = shortLabels[index] ?? label;
    // The name of a run may be what labels another.
    return {
      ...condition,
      label: givenLabel ?? (names.has(shortLabel) ? label : shortLabel),
      factors: factorsList[index] ?? {},
    };
  });
}
