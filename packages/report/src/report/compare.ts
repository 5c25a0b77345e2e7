import { type Bootstrap, bootstrapClusters } from '../statistics/bootstrap.ts';
import { type PairedCluster, sumValues } from '../statistics/clusters.ts';
import {
  computeDeficit,
  computeDifference,
  computeDifferenceVariance,
  computeMcnemarExact,
  type PairedEstimate,
} from '../statistics/paired.ts';
import { type SignFlip, signFlip } from '../statistics/sign-flip.ts';
import type { ComparedTrial, Condition } from './condition.ts';
import { collectObservations, computeMeanRate, type Observation } from './observations.ts';

/** Two conditions on the pairs that have a verdict in both. Of the merged verdict. */
export interface Comparison {
  readonly baseline: string;
  readonly other: string;
  readonly pairs: number;
  readonly tasks: number;
  readonly baseline_rate: number | null;
  readonly other_rate: number | null;
  /** baseline - other. */
  readonly difference: EstimateReport;
  /** (baseline - other) / baseline. Null unless the baseline is an agent that works alone. */
  readonly deficit: EstimateReport | null;
  /** It is null if a pair was repeated and its repetitions disagree. */
  readonly mcnemar: McNemar | null;
  readonly sign_flip: SignFlip | null;
  /** The p value of the sign-flip test, adjusted by Holm's method for the comparisons of the report. */
  readonly adjusted_p: number | null;
  /** The variance of the difference of one pair, with what clusters add to it. It is null if it is not estimable. */
  readonly pair_variance: number | null;
  /** The same figures of each repository. */
  readonly by_repository: readonly RepositoryComparison[];
  /** The pairs whose rates differ. */
  readonly flipped: readonly Flip[];
}

export interface RepositoryComparison
  extends Pick<Comparison, 'pairs' | 'tasks' | 'baseline_rate' | 'other_rate'> {
  readonly repository: string;
  readonly difference: PairedEstimate;
  readonly deficit: PairedEstimate | null;
}

/** A pair whose rates differ. `…_trials`: how many repetitions have a verdict. */
interface Flip {
  readonly pair: string;
  readonly baseline: number;
  readonly baseline_trials: number;
  readonly other: number;
  readonly other_trials: number;
}

export interface EstimateReport extends PairedEstimate {
  readonly bootstrap: Bootstrap | null;
}

export interface McNemar {
  /** Pairs that only the baseline passes, and that only the other passes. */
  readonly only_baseline: number;
  readonly only_other: number;
  readonly p: number;
}

interface SharedPair extends Flip {
  readonly task: string;
  readonly repo: string;
}

/** Returns whether one agent did all the work. In other settings, several agents make one patch. */
export function isOfOneAgent({ judged, seats }: ComparedTrial): boolean {
  return judged === 'single' && seats.length <= 1;
}

export function compare(
  baseline: Condition<ComparedTrial>,
  condition: Condition<ComparedTrial>,
  seed: number,
): Comparison {
  const pairs = pairShared(
    collectObservations(baseline.trials, 'merged', baseline.cluster),
    collectObservations(condition.trials, 'merged', condition.cluster),
    new Map(baseline.trials.map(({ pair, repo }) => [pair, repo])),
  );
  const tasks = listClusters(pairs);
  const isAlone = baseline.trials.every(isOfOneAgent);
  const isTogether = condition.trials.some(({ judged }) => judged === 'merge');
  const isDeficit = isAlone && isTogether;
  return {
    baseline: baseline.label,
    other: condition.label,
    pairs: pairs.length,
    tasks: tasks.length,
    ...computeRates(pairs),
    difference: {
      ...computeDifference(tasks),
      bootstrap: bootstrapClusters(tasks, (sample) => computeSums(sample).difference, seed),
    },
    deficit: isDeficit
      ? {
          ...computeDeficit(tasks),
          bootstrap: bootstrapClusters(tasks, (sample) => computeSums(sample).deficit, seed),
        }
      : null,
    mcnemar: mcnemar(pairs),
    sign_flip: signFlip(tasks, seed),
    adjusted_p: null,
    pair_variance: computeDifferenceVariance(tasks),
    by_repository: [...Map.groupBy(pairs, ({ repo }) => repo)].map(([repository, repositoryPairs]) => {
      const ownTasks = listClusters(repositoryPairs);
      return {
        ...{
          repository,
          pairs: repositoryPairs.length,
          tasks: ownTasks.length,
          ...computeRates(repositoryPairs),
        },
        difference: computeDifference(ownTasks),
        deficit: isDeficit ? computeDeficit(ownTasks) : null,
      };
    }),
    flipped: pairs
      .filter((pair) => pair.baseline !== pair.other)
      .map(({ task: _, repo: __, ...pair }) => pair),
  };
}

function computeRates(pairs: readonly SharedPair[]): Pick<Comparison, 'baseline_rate' | 'other_rate'> {
  return {
    baseline_rate: computeMeanRate(pairs.map(({ baseline: value }) => ({ value }))),
    other_rate: computeMeanRate(pairs.map(({ other: value }) => ({ value }))),
  };
}

function pairShared(
  baseline: readonly Observation[],
  otherObservations: readonly Observation[],
  repositories: ReadonlyMap<string, string>,
): SharedPair[] {
  const otherByUnit = new Map(otherObservations.map((observation) => [observation.unit, observation]));
  return baseline.flatMap(({ task, unit: pair, value, trials }): SharedPair[] => {
    const counterpart = otherByUnit.get(pair);
    if (counterpart === undefined) return [];
    return [
      {
        task,
        repo: repositories.get(pair) ?? '',
        pair,
        baseline: value,
        baseline_trials: trials,
        other: counterpart.value,
        other_trials: counterpart.trials,
      },
    ];
  });
}

function listClusters(pairs: readonly SharedPair[]): PairedCluster[] {
  return [...Map.groupBy(pairs, ({ task }) => task)]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, clusterPairs]) => ({
      size: clusterPairs.length,
      baseline: sumValues(clusterPairs.map(({ baseline }) => baseline)),
      other: sumValues(clusterPairs.map(({ other }) => other)),
    }));
}

function computeSums(sample: readonly PairedCluster[]): { difference: number; deficit: number | null } {
  let [size, baseline, otherSum] = [0, 0, 0];
  // In a loop: the bootstrap asks for it ten thousand times.
  for (const cluster of sample) {
    size += cluster.size;
    baseline += cluster.baseline;
    otherSum += cluster.other;
  }
  return {
    difference: (baseline - otherSum) / size,
    deficit: baseline === 0 ? null : 1 - otherSum / baseline,
  };
}

function mcnemar(pairs: readonly SharedPair[]): McNemar | null {
  const isWhole = (value: number): boolean => value === 0 || value === 1;
  if (!pairs.every(({ baseline, other }) => isWhole(baseline) && isWhole(other))) return null;
  const onlyBaseline = pairs.filter(({ baseline, other }) => baseline > other).length;
  const onlyOther = pairs.filter(({ baseline, other }) => other > baseline).length;
  return {
    only_baseline: onlyBaseline,
    only_other: onlyOther,
    p: computeMcnemarExact(onlyBaseline, onlyOther),
  };
}
