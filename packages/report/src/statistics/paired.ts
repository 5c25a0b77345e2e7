import {
  computeClusteredCovariance,
  computeMultiplier,
  type Interval,
  type PairedCluster,
  sumValues,
} from './clusters.ts';

/** A baseline and another condition on the same observations. Fractions of 1. */
export interface PairedEstimate {
  readonly estimate: number | null;
  /** It is null if it is not estimable. */
  readonly interval: Interval | null;
}

/** baseline - other, with a clustered interval within -1 and 1. Null where every pair has the same difference: it says nothing of others. */
export function computeDifference(clusters: readonly PairedCluster[]): PairedEstimate {
  const figures = computeMoments(clusters);
  if (!figures) return { estimate: null, interval: null };
  const { baseline, other, variances, t } = figures;
  const estimate = baseline - other;
  if (!variances) return { estimate, interval: null };
  const half = t * Math.sqrt(Math.max(0, variances.baseline + variances.other - 2 * variances.both));
  if (half < 1e-9) return { estimate, interval: null };
  return { estimate, interval: [Math.max(-1, estimate - half), Math.min(1, estimate + half)] };
}

/**
 * Computes the coordination deficit 1 - other/baseline, with Fieller's interval for a ratio of correlated means (Fieller 1954).
 * The deficit is null where the baseline passes nothing. The interval is null where the baseline's rate may be 0, or where all
 * tasks have the same ratio. No deficit is above 1.
 */
export function computeDeficit(clusters: readonly PairedCluster[]): PairedEstimate {
  const figures = computeMoments(clusters);
  if (!figures || figures.baseline === 0) return { estimate: null, interval: null };
  const { baseline, other, variances, t } = figures;
  const estimate = 1 - other / baseline;
  if (!variances) return { estimate, interval: null };
  const a = baseline ** 2 - t ** 2 * variances.baseline;
  const b = other * baseline - t ** 2 * variances.both;
  const k = other ** 2 - t ** 2 * variances.other;
  if (a <= 0) return { estimate, interval: null };
  const root = Math.sqrt(Math.max(0, b ** 2 - a * k));
  if (root / a < 1e-9) return { estimate, interval: null };
  return { estimate, interval: [1 - (b + root) / a, Math.min(1, 1 - (b - root) / a)] };
}

/**
 * Computes the variance of the difference of one pair, so that n pairs in such tasks have a variance of it / n: what clusters
 * add is in it. Null with fewer than two tasks, and where every pair has the same difference: it says nothing of others.
 */
export function computeDifferenceVariance(clusters: readonly PairedCluster[]): number | null {
  const figures = computeMoments(clusters);
  if (!figures?.variances) return null;
  const { baseline, other, both } = figures.variances;
  const variance = baseline + other - 2 * both;
  return variance < 1e-18 ? null : variance * sumValues(clusters.map(({ size }) => size));
}

function computeMoments(clusters: readonly PairedCluster[]) {
  const counted = clusters.filter(({ size }) => size > 0);
  const n = sumValues(counted.map(({ size }) => size));
  if (n === 0) return undefined;
  const computeCovariance = (x: 'baseline' | 'other', y: 'baseline' | 'other'): number =>
    computeClusteredCovariance(
      counted.map((cluster) => ({ size: cluster.size, x: cluster[x], y: cluster[y] })),
    );
  return {
    baseline: sumValues(counted.map((cluster) => cluster.baseline)) / n,
    other: sumValues(counted.map((cluster) => cluster.other)) / n,
    t: counted.length < 2 ? Number.NaN : computeMultiplier(counted.length),
    variances:
      counted.length < 2
        ? undefined
        : {
            baseline: computeCovariance('baseline', 'baseline'),
            other: computeCovariance('other', 'other'),
            both: computeCovariance('baseline', 'other'),
          },
  };
}

/**
 * McNemar's exact test: the two-sided p value of `b` against `c` discordant pairs under a fair coin. Ignores clusters.
 * 1 without a discordant pair.
 */
export function computeMcnemarExact(b: number, c: number): number {
  const n = b + c;
  let term = 0.5 ** n;
  // A product of halves underflows past about 1,000 pairs, where the sum of logarithms still works.
  if (term === 0) return Math.min(1, 2 * computeBinomialTail(n, Math.min(b, c)));
  let tail = term;
  for (let i = 1; i <= Math.min(b, c); i += 1) {
    term *= (n - i + 1) / i;
    tail += term;
  }
  return Math.min(1, 2 * tail);
}

function computeBinomialTail(n: number, maxSuccesses: number): number {
  let log = n * Math.log(0.5);
  let tail = Math.exp(log);
  for (let i = 1; i <= maxSuccesses; i += 1) {
    log += Math.log((n - i + 1) / i);
    tail += Math.exp(log);
  }
  return tail;
}
