import { defaultSeed } from '../statistics/bootstrap.ts';
import type { Run } from '../trials/read-run.ts';
import { type Comparison, compare } from './compare.ts';
import type { Condition } from './condition.ts';
import { type ConditionReport, conditionReport } from './condition-report.ts';

/** The figures of runs, as `--json` prints them. Rates are fractions of 1, costs US dollars, times seconds. */
export interface Report {
  readonly schema_version: 1;
  /** The seed of the bootstrap, and of the sign-flip test of many tasks. */
  readonly seed: number;
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
    runs: runs.map(({ name, directory, problems }) => ({ name, directory, problems })),
    conditions: conditions.map((condition) => conditionReport(condition, seed)),
    comparisons: pairings(conditions).map(([baseline, other]) => compare(baseline, other, seed)),
  };
}

/** A condition for each setting of each run, named by what tells it from the others. */
export function conditionsOf(runs: readonly Run[]): Condition[] {
  return runs.flatMap(({ name, trials }) => {
    const settings = [...Map.groupBy(trials, ({ setting }) => setting)];
    return settings.map(([setting, own]) => ({
      label: runs.length === 1 ? setting : settings.length === 1 ? name : `${name} ${setting}`,
      run: name,
      setting,
      trials: own,
    }));
  });
}

/**
 * Each condition against the baselines of its seats' models, in which one agent works alone, and against the first
 * condition that is not a baseline.
 */
function pairings(conditions: readonly Condition[]): [baseline: Condition, other: Condition][] {
  const isBaseline = ({ trials }: Condition): boolean => trials.every(({ judged }) => judged === 'single');
  const baselines = conditions.filter(isBaseline);
  const others = conditions.filter((condition) => !isBaseline(condition));
  const [first, ...rest] = others.length > 0 ? others : baselines;
  const deficits = others.flatMap((other): [Condition, Condition][] => {
    const ofModels = modelsOf(other).map((model) => baselines.find((one) => modelsOf(one).includes(model)));
    const found = ofModels.filter((baseline) => baseline !== undefined);
    return [...new Set(found.length > 0 ? found : baselines.slice(0, 1))].map((one) => [one, other]);
  });
  return [...deficits, ...rest.map((other): [Condition, Condition] => [first as Condition, other])];
}

/** The models of all seats, each once. */
function modelsOf({ trials }: Condition): string[] {
  const models = trials.flatMap(({ seats, model }) =>
    seats.length > 0 ? seats.map((seat) => seat.model) : model,
  );
  return [...new Set(models)].filter((model) => model !== '');
}
