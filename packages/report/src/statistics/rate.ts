import {
  type Cluster,
  computeClusteredCovariance,
  computeMultiplier,
  type Interval,
  sumValues,
} from './clusters.ts';

/** The mean of observations in clusters, with its uncertainty. */
export interface Rate {
  /** It is null if there is nothing to count. */
  readonly rate: number | null;
  readonly observations: number;
  readonly clusters: number;
  /** Effective-sample Wilson. It is null with fewer than two clusters. */
  readonly interval: Interval | null;
  /** How many independent observations would know as much. It is null with fewer than two clusters. */
  readonly effective_observations: number | null;
}

/**
 * Computes a rate with Wilson's interval for the effective number of observations, n_eff = min(n, p(1-p)/V), and Student's t
 * in place of z. Where all observations agree, V says nothing, and n_eff is n.
 */
export function computeClusteredRate(clusters: readonly Cluster[]): Rate {
  const counted = clusters.filter(({ size }) => size > 0);
  const n = sumValues(counted.map(({ size }) => size));
  const base = { observations: n, clusters: counted.length };
  if (n === 0) return { rate: null, ...base, interval: null, effective_observations: null };
  const rate = sumValues(counted.map(({ sum }) => sum)) / n;
  if (counted.length < 2) return { rate, ...base, interval: null, effective_observations: null };
  const variance = computeClusteredCovariance(counted.map(({ size, sum }) => ({ size, x: sum, y: sum })));
  const effective = variance > 0 ? Math.min(n, (rate * (1 - rate)) / variance) : n;
  return {
    rate,
    ...base,
    interval: computeWilson(rate, effective, computeMultiplier(counted.length)),
    effective_observations: effective,
  };
}

/** Wilson's score interval (Wilson 1927, eq. 4) of a rate among `n` observations. */
export function computeWilson(rate: number, n: number, z: number): Interval {
  const weight = 1 / (1 + z ** 2 / n);
  const centre = weight * (rate + z ** 2 / (2 * n));
  const half = weight * z * Math.sqrt((rate * (1 - rate)) / n + z ** 2 / (4 * n ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
