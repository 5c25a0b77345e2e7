import { computeUnitRates, computeMeanRate as meanOfUnits } from '@cooperbench/records/rates';
import { type Cluster, sumValues } from '../statistics/clusters.ts';
import type { Trial } from '../trials/trial.ts';
import type { ClusterKey, ComparedTrial } from './condition.ts';

/** A value between 0 and 1 of one pair, or of one seat of a pair: the mean over its repetitions. */
export interface Observation {
  /** Its cluster: a task, or a repository. */
  readonly task: string;
  readonly unit: string;
  readonly value: number;
  /** Its repetitions that have a verdict. */
  readonly trials: number;
}

/**
 * Collects the observations of a rate: pairs for `merged` and `overall`, seats of pairs for `individual`. Only verdicts count;
 * the original records none for `overall`.
 */
export function collectObservations(
  trials: readonly Pick<ComparedTrial, 'task' | 'repo' | 'pair' | 'verdict' | 'overall' | 'individual'>[],
  rate: 'individual' | 'merged' | 'overall',
  cluster: ClusterKey = 'task',
): Observation[] {
  const values = trials
    .filter(({ verdict }) => verdict === 'passed' || verdict === 'failed')
    .flatMap(({ pair, verdict, overall, individual, ...trial }) => {
      const task = trial[cluster];
      if (rate === 'individual')
        return Object.entries(individual).map(([seat, passed]) => ({
          task,
          unit: `${pair} ${seat}`,
          passed,
        }));
      const passed = rate === 'merged' ? verdict === 'passed' : overall;
      return passed === null ? [] : [{ task, unit: pair, passed }];
    });
  const units = Map.groupBy(values, ({ unit }) => unit);
  return [...computeUnitRates(values)].map(([unit, value]) => {
    const unitValues = units.get(unit) ?? [];
    return { task: unitValues[0]?.task ?? '', unit, value, trials: unitValues.length };
  });
}

/** Collects the observations of the merged rate, with every trial that was lost in an attempt as a failure. */
export function collectObservationsWithVoids(trials: readonly Trial[], cluster?: ClusterKey): Observation[] {
  const judged = trials.map((trial) =>
    trial.voids.attempts > 0 ? { ...trial, verdict: 'failed' as const } : trial,
  );
  return collectObservations(judged, 'merged', cluster);
}

/** Computes the rate of every table: the mean over pairs, or over seats of pairs. Returns null if there is none. */
export function computeMeanRate(observed: readonly Pick<Observation, 'value'>[]): number | null {
  return meanOfUnits(observed.map(({ value }) => value));
}

/** Lists one cluster for each task, sorted, so that a seed gives the same bootstrap whatever the order of files. */
export function listTaskClusters(observed: readonly Observation[]): Cluster[] {
  return [...Map.groupBy(observed, ({ task }) => task)]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, clusterObservations]) => ({
      size: clusterObservations.length,
      sum: sumValues(clusterObservations.map(({ value }) => value)),
    }));
}
