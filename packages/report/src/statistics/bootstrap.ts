import type { Interval } from './clusters.ts';
import { createRandomIntegers, indexOf } from './random.ts';

const replicates = 10_000;

/** The seed of every report, so that a report can be repeated. */
export const defaultSeed = 20_261_122;

export interface Bootstrap {
  /** It is null if a replicate in forty or more has no value, or all have the same. */
  readonly interval: Interval | null;
  /** Replicates without a value, such as a deficit where the baseline passed nothing. They are left out. */
  readonly undefined: number;
}

/**
 * Returns the percentile interval of 10,000 samples of whole clusters with replacement. `statistic` of a sample is null when it
 * has no value; it must not keep the array, which the next sample overwrites. Returns null with fewer than two clusters.
 */
export function bootstrapClusters<C>(
  clusters: readonly C[],
  statistic: (sample: readonly C[]) => number | null,
  seed: number = defaultSeed,
): Bootstrap | null {
  if (clusters.length < 2) return null;
  const next = createRandomIntegers(seed);
  const values: number[] = [];
  const sample = [...clusters];
  for (let replicate = 0; replicate < replicates; replicate += 1) {
    for (let place = 0; place < sample.length; place += 1)
      sample[place] = clusters[indexOf(next(), sample.length)] as C;
    const value = statistic(sample);
    if (value !== null) values.push(value);
  }
  const missing = replicates - values.length;
  if (missing * 40 >= replicates) return { interval: null, undefined: missing };
  const sorted = Float64Array.from(values).sort();
  const [low, high] = [computeQuantile(sorted, 0.025), computeQuantile(sorted, 0.975)];
  return { interval: high - low < 1e-9 ? null : [low, high], undefined: missing };
}

/** Computes a quantile of sorted values by linear interpolation: type 7 of Hyndman and Fan 1996, NumPy's default. */
export function computeQuantile(sorted: ArrayLike<number>, probability: number): number {
  const position = (sorted.length - 1) * probability;
  const lowerIndex = Math.floor(position);
  const [low = Number.NaN, high = low] = [sorted[lowerIndex], sorted[lowerIndex + 1]];
  return low + (position - lowerIndex) * (high - low);
}
