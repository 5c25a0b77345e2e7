import { computeStudentQuantile } from './student.ts';

/** Observations of one task, which are not independent of each other. */
export interface Cluster {
  /** How many observations. */
  readonly size: number;
  /** Their sum. Of passes: how many passed. */
  readonly sum: number;
}

/** Two values of each observation of a task, as the same pair has in two conditions. */
export interface PairedCluster {
  readonly size: number;
  readonly baseline: number;
  readonly other: number;
}

/** A range that covers the true value in 95 % of experiments. Both ends are fractions of 1. */
export type Interval = readonly [low: number, high: number];

/**
 * Computes the covariance of two means whose observations come in clusters: G/(G-1) · Σ (X_g - M_g x̄)(Y_g - M_g ȳ) / n².
 * Needs two clusters.
 */
export function computeClusteredCovariance(
  clusters: readonly { readonly size: number; readonly x: number; readonly y: number }[],
): number {
  const n = sumValues(clusters.map(({ size }) => size));
  const meanX = sumValues(clusters.map(({ x }) => x)) / n;
  const meanY = sumValues(clusters.map(({ y }) => y)) / n;
  const products = clusters.map(({ size, x, y }) => (x - size * meanX) * (y - size * meanY));
  return ((clusters.length / (clusters.length - 1)) * sumValues(products)) / n ** 2;
}

/** Computes the multiplier of a 95 % interval: Student's t with one degree of freedom fewer than clusters. */
export function computeMultiplier(clusters: number): number {
  return computeStudentQuantile(0.975, clusters - 1);
}

export function sumValues(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/**
 * Computes the mean of values in clusters, and its interval: mean ± t · √V, V as of `clusteredCovariance`. Null with fewer
 * than two clusters, and where all have the same mean: it says nothing of others.
 */
export function computeClusteredMean(clusters: readonly Cluster[]): {
  readonly mean: number | null;
  readonly interval: Interval | null;
} {
  const n = sumValues(clusters.map(({ size }) => size));
  if (n === 0) return { mean: null, interval: null };
  const mean = sumValues(clusters.map(({ sum }) => sum)) / n;
  if (clusters.length < 2) return { mean, interval: null };
  const variance = computeClusteredCovariance(clusters.map(({ size, sum }) => ({ size, x: sum, y: sum })));
  const half = computeMultiplier(clusters.length) * Math.sqrt(Math.max(0, variance));
  return { mean, interval: half <= 1e-9 * Math.abs(mean) ? null : [mean - half, mean + half] };
}
