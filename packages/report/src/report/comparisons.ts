/** Conditions and their comparisons, for reports and for the page of the viewer. Imports nothing of Node.js. */
import { defaultSeed } from '../statistics/bootstrap.ts';
import { adjustHolm } from '../statistics/holm.ts';
import { type Comparison, compare, isOfOneAgent } from './compare.ts';
import type { ComparedTrial, Condition } from './condition.ts';

export type { Comparison } from './compare.ts';
export type { ComparedTrial } from './condition.ts';
export { collectObservations, computeMeanRate } from './observations.ts';
export { formatPointRange, formatPoints } from './section.ts';

/** Lists a condition for each setting of each run, named by what tells it from the others. */
export function listConditions<T extends ComparedTrial>(
  runs: readonly {
    readonly name: string;
    readonly trials: readonly T[];
    /** It is absent if there are none, or if nobody asked for them. */
    readonly discarded_costs?: Readonly<Record<string, number | null>>;
  }[],
): Condition<T>[] {
  return runs.flatMap(({ name, trials, discarded_costs = {} }) => {
    const settings = [...Map.groupBy(trials, ({ setting }) => setting)];
    return settings.map(([setting, settingConditions]) => ({
      label: runs.length === 1 ? setting : settings.length === 1 ? name : `${name} ${setting}`,
      run: name,
      setting,
      trials: settingConditions,
      discardedCost: discarded_costs[setting] ?? (setting in discarded_costs ? null : 0),
    }));
  });
}

/** Compares conditions on the pairs that they share. Pure: the same trials and seed give the same figures everywhere. */
export function compareConditions(
  conditions: readonly Condition<ComparedTrial>[],
  seed: number = defaultSeed,
  baselineName?: string,
): Comparison[] {
  const baseline = conditions.find(({ label, run }) => label === baselineName || run === baselineName);
  const pairs: [baseline: ComparedCondition, other: ComparedCondition][] = baseline
    ? conditions.filter((condition) => condition !== baseline).map((other) => [baseline, other])
    : listPairings(conditions);
  const comparisons = pairs.map(([baseline, other]) => compare(baseline, other, seed));
  const adjusted = adjustHolm(comparisons.map(({ sign_flip }) => sign_flip?.p ?? null));
  return comparisons.map((comparison, index) => ({ ...comparison, adjusted_p: adjusted[index] ?? null }));
}

type ComparedCondition = Condition<ComparedTrial>;

/**
 * Lists each condition against the baselines of its seats' models, in which one agent works alone, and against the first
 * condition that is not a baseline.
 */
function listPairings(
  conditions: readonly ComparedCondition[],
): [baseline: ComparedCondition, other: ComparedCondition][] {
  const isBaseline = ({ trials }: ComparedCondition): boolean => trials.every(isOfOneAgent);
  const baselines = conditions.filter(isBaseline);
  const otherConditions = conditions.filter((condition) => !isBaseline(condition));
  const [first, ...rest] = otherConditions.length > 0 ? otherConditions : baselines;
  const deficits = otherConditions.flatMap((other): [ComparedCondition, ComparedCondition][] => {
    const ofModels = listModels(other).map((model) =>
      baselines.find((baseline) => listModels(baseline).includes(model)),
    );
    const matchingBaselines = ofModels.filter((baseline) => baseline !== undefined);
    return [...new Set(matchingBaselines.length > 0 ? matchingBaselines : baselines.slice(0, 1))].map(
      (baseline) => [baseline, other],
    );
  });
  return [
    ...deficits,
    ...rest.map((other): [ComparedCondition, ComparedCondition] => [first as ComparedCondition, other]),
  ];
}

/** Lists the models of all seats, each once. */
function listModels({ trials }: ComparedCondition): string[] {
  const models = trials.flatMap(({ seats, model }) =>
    seats.length > 0 ? seats.map((seat) => seat.model) : model,
  );
  return [...new Set(models)].filter((model) => model !== '');
}
