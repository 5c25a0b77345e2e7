import { type PairedCluster, sumValues } from '../statistics/clusters.ts';
import { computeDifference, type PairedEstimate } from '../statistics/paired.ts';
import type { Condition } from './condition.ts';
import type { Factors } from './factors.ts';
import { collectObservations } from './observations.ts';

/** How the merged rate changes with one factor, over the conditions that are equal in all others. */
export interface MarginalEffect extends PairedEstimate {
  readonly factor: string;
  /** The level that the estimate is of, and the level that it is compared with: level - reference. */
  readonly level: string;
  readonly reference: string;
  /** Pairs of conditions that differ in this factor alone. */
  readonly contrasts: number;
  /** Pairs of features with a verdict on both sides of a contrast. */
  readonly pairs: number;
  readonly tasks: number;
}

interface ContrastedCondition extends Condition {
  readonly factors: Factors;
}

/**
 * Lists the effects of each factor. A pair's value is the mean of its differences over all contrasts, so a pair counts once;
 * tasks are the clusters. The reference of a level is the first level in the order of the conditions that has a contrast with
 * it: where the first is of an agent that works alone, the merge policies of the others compare with each other.
 */
export function listMarginalEffects(conditions: readonly ContrastedCondition[]): MarginalEffect[] {
  const factors = Object.keys(conditions[0]?.factors ?? {});
  return factors.flatMap((factor) => {
    const levels = [...new Set(conditions.map((condition) => condition.factors[factor] ?? ''))];
    return levels.flatMap((level, index) => {
      for (const reference of levels.slice(0, index)) {
        const effect = findEffect(factor, level, reference, conditions);
        if (effect) return [effect];
      }
      return [];
    });
  });
}

/** No merge policy plays a part where one patch has all features, so that condition is equal under each. */
function isSameLevel(factor: string, left: string | undefined, right: string | undefined): boolean {
  return left === right || (factor === 'merge_policy' && (left === '' || right === ''));
}

function findEffect(
  factor: string,
  level: string,
  reference: string,
  conditions: readonly ContrastedCondition[],
): MarginalEffect | undefined {
  const contrasts = conditions.flatMap((condition) => {
    if (condition.factors[factor] !== level) return [];
    // Two runs may have the same factors.
    const otherConditions = conditions.filter(
      ({ factors }) =>
        factors[factor] === reference &&
        Object.keys(factors).every(
          (key) => key === factor || isSameLevel(key, factors[key], condition.factors[key]),
        ),
    );
    return otherConditions.map((other) => ({ one: condition, other }));
  });
  if (contrasts.length === 0) return undefined;
  const values = contrasts.flatMap(({ one, other }) => {
    const baselineValues = new Map(
      collectObservations(other.trials, 'merged', other.cluster).map(({ unit, value }) => [unit, value]),
    );
    return collectObservations(one.trials, 'merged', one.cluster).flatMap(({ task, unit, value }) => {
      const baselineValue = baselineValues.get(unit);
      return baselineValue === undefined ? [] : [{ task, unit, change: value - baselineValue }];
    });
  });
  const pairs = [...Map.groupBy(values, ({ unit }) => unit).values()].map((unitValues) => ({
    task: unitValues[0]?.task ?? '',
    change: sumValues(unitValues.map(({ change }) => change)) / unitValues.length,
  }));
  const clusters = [...Map.groupBy(pairs, ({ task }) => task).values()].map(
    (taskChanges): PairedCluster => ({
      size: taskChanges.length,
      baseline: sumValues(taskChanges.map(({ change }) => change)),
      other: 0,
    }),
  );
  const base = { factor, level, reference, contrasts: contrasts.length };
  return { ...base, pairs: pairs.length, tasks: clusters.length, ...computeDifference(clusters) };
}
