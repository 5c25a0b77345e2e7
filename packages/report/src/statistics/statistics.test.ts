import { readFileSync } from 'node:fs';
import { passAtK, passHatK } from '@cooperbench/command/figures';
import { expect, test } from 'vitest';
import { bootstrapClusters } from './bootstrap.ts';
import { computeClusteredCovariance, computeMultiplier, type PairedCluster, sumValues } from './clusters.ts';
import { adjustHolm } from './holm.ts';
import {
  computeDeficit,
  computeDifference,
  computeDifferenceVariance,
  computeMcnemarExact,
} from './paired.ts';
import { computeNeededObservations } from './power.ts';
import { createRandomIntegers, indexOf } from './random.ts';
import { computeClusteredRate, computeWilson } from './rate.ts';
import { signFlip } from './sign-flip.ts';
import { computeStudentQuantile } from './student.ts';

// 30 pairs in 8 tasks, and what NumPy, SciPy and statsmodels compute of them.
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/statistics-fixture.json', import.meta.url), 'utf8'),
) as {
  rows: [task: string, solo: number, coop: number][];
  mt: { first: number[]; idx0: number[]; deficit_q: number[]; diff_q: number[]; undefined: number };
  pass: Record<string, [number, number]>;
} & Record<string, number> &
  Record<'diff_ci_t' | 'deficit_ci_fieller_t' | 'pass_10_3_5', [number, number]> &
  Record<'solo_wilson' | 'coop_wilson' | 'wilson_0_10' | 'wilson_10_10', [number, number]> &
  Record<'wilson_81_263' | 'wilson_15_148', [number, number]>;

const seed = 20261122;
const tasks: PairedCluster[] = [...Map.groupBy(fixture.rows, ([task]) => task).values()].map((rows) => ({
  size: rows.length,
  baseline: sumValues(rows.map(([, solo]) => solo)),
  other: sumValues(rows.map(([, , coop]) => coop)),
}));
const close = (numbers: readonly number[] | null | undefined, expected: readonly number[]): void => {
  expect(numbers).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(numbers?.[index]).toBeCloseTo(value, 10);
};

test("Student's quantiles agree with SciPy and with published tables", () => {
  expect(computeStudentQuantile(0.975, 7)).toBeCloseTo(fixture.t7_975!, 10);
  // Abramowitz and Stegun, table 26.10.
  const table = [
    [1, 12.706],
    [2, 4.303],
    [10, 2.228],
    [30, 2.042],
    [120, 1.98],
  ] as const;
  for (const [degrees, t] of table) expect(computeStudentQuantile(0.975, degrees)).toBeCloseTo(t, 3);
  expect(computeStudentQuantile(0.975, 1e7)).toBeCloseTo(fixture.z!, 5);
  expect(computeStudentQuantile(0.025, 7)).toBe(-computeStudentQuantile(0.975, 7));
});

test('the clustered standard errors agree with statsmodels', () => {
  const error = (x: 'baseline' | 'other'): number =>
    Math.sqrt(computeClusteredCovariance(tasks.map((task) => ({ size: task.size, x: task[x], y: task[x] }))));
  expect(error('baseline')).toBeCloseTo(fixture.solo_se_cl_G!, 10);
  expect(error('other')).toBeCloseTo(fixture.coop_se_cl_G!, 10);
});

test("Wilson's interval agrees with statsmodels and published examples", () => {
  close(computeWilson(22 / 30, 30, fixture.z!), fixture.solo_wilson);
  close(computeWilson(13 / 30, 30, fixture.z!), fixture.coop_wilson);
  close(computeWilson(0, 10, fixture.z!), fixture.wilson_0_10);
  close(computeWilson(1, 10, fixture.z!), fixture.wilson_10_10);
  // Newcombe 1998, table I: 81 of 263 and 15 of 148.
  close(computeWilson(81 / 263, 263, fixture.z!), fixture.wilson_81_263);
  close(computeWilson(15 / 148, 148, fixture.z!), fixture.wilson_15_148);
});

test('a rate of clusters that differ is as uncertain as fewer observations', () => {
  const solo = computeClusteredRate(tasks.map(({ size, baseline }) => ({ size, sum: baseline })));
  const rate = fixture.solo_mean!;
  const effective = (rate * (1 - rate)) / fixture.solo_se_cl_G! ** 2;
  expect(solo).toMatchObject({ rate, observations: 30, clusters: 8 });
  expect(solo.effective_observations).toBeCloseTo(effective, 10);
  close(solo.interval, computeWilson(rate, effective, fixture.t7_975!));
  const coop = computeClusteredRate(tasks.map(({ size, other }) => ({ size, sum: other })));
  expect(coop.effective_observations).toBe(30);
});

test('a rate where all agree counts every observation, and one of a single task has no interval', () => {
  const none = computeClusteredRate([
    { size: 5, sum: 0 },
    { size: 5, sum: 0 },
  ]);
  close(none.interval, computeWilson(0, 10, computeMultiplier(2)));
  expect(computeClusteredRate([{ size: 4, sum: 2 }])).toEqual({
    rate: 0.5,
    observations: 4,
    clusters: 1,
    interval: null,
    effective_observations: null,
  });
  expect(computeClusteredRate([{ size: 0, sum: 0 }]).rate).toBeNull();
});

test('the difference and its interval agree with statsmodels', () => {
  const { estimate, interval } = computeDifference(tasks);
  expect(estimate).toBeCloseTo(fixture.diff_mean!, 12);
  close(interval, fixture.diff_ci_t);
});

test("the deficit and Fieller's interval agree with the fixture", () => {
  const { estimate, interval } = computeDeficit(tasks);
  expect(estimate).toBeCloseTo(fixture.deficit!, 12);
  close(interval, fixture.deficit_ci_fieller_t);
});

test('the deficit is not estimable where the baseline may pass nothing', () => {
  const rare = [
    { size: 5, baseline: 1, other: 0 },
    { size: 5, baseline: 0, other: 0 },
  ];
  expect(computeDeficit(rare)).toEqual({ estimate: 1, interval: null });
  expect(computeDeficit([{ size: 5, baseline: 0, other: 3 }])).toEqual({ estimate: null, interval: null });
});

test("McNemar's exact test agrees with statsmodels and published examples", () => {
  expect(computeMcnemarExact(fixture.b!, fixture.c!)).toBeCloseTo(fixture.mcnemar_exact!, 12);
  for (const [b, c] of [
    [150, 86],
    [1, 9],
    [0, 5],
    [6, 6],
    [10, 2],
  ] as const)
    expect(computeMcnemarExact(b, c)).toBeCloseTo(fixture[`mcnemar_${b}_${c}`]!, 12);
  expect(computeMcnemarExact(0, 0)).toBe(1);
  expect(computeMcnemarExact(1000, 1000)).toBe(1);
  expect(computeMcnemarExact(700, 500)).toBeCloseTo(8.5e-9, 9);
});

test('pass@k and pass^k agree with the fixture', () => {
  close([passAtK(10, 3, 5)!, passHatK(10, 3, 3)!], fixture.pass_10_3_5);
  // Five pairs of five repetitions each, of which so many passed.
  const passed = [0, 1, 3, 4, 5];
  for (const [k, expected] of Object.entries(fixture.pass)) {
    const means = [passAtK, passHatK].map((of) => sumValues(passed.map((c) => of(5, c, Number(k))!)) / 5);
    close(means, expected);
  }
  expect(passAtK(2, 1, 3)).toBeNull();
  expect(passHatK(2, 1, 3)).toBeNull();
});

test('the bootstrap draws as NumPy does and finds the same quantiles', () => {
  const next = createRandomIntegers(seed);
  const first = Array.from({ length: 8 }, next);
  expect(first.slice(0, 4)).toEqual(fixture.mt.first);
  expect(first.map((integer) => indexOf(integer, 8))).toEqual(fixture.mt.idx0);
  const sums = (sample: readonly PairedCluster[]) => ({
    n: sumValues(sample.map(({ size }) => size)),
    solo: sumValues(sample.map(({ baseline }) => baseline)),
    coop: sumValues(sample.map(({ other }) => other)),
  });
  const deficits = bootstrapClusters(
    tasks,
    (sample) => {
      const { solo, coop } = sums(sample);
      return solo === 0 ? null : 1 - coop / solo;
    },
    seed,
  );
  close(deficits?.interval, fixture.mt.deficit_q);
  expect(deficits?.undefined).toBe(fixture.mt.undefined);
  const differences = bootstrapClusters(
    tasks,
    (sample) => {
      const { n, solo, coop } = sums(sample);
      return (solo - coop) / n;
    },
    seed,
  );
  close(differences?.interval, fixture.mt.diff_q);
});

test('a bootstrap of which many samples have no value has no interval', () => {
  expect(bootstrapClusters([1, 2], () => null, seed)).toEqual({ interval: null, undefined: 10_000 });
  expect(bootstrapClusters([1], () => 1, seed)).toBeNull();
});

test('the sign-flip test counts all combinations of few tasks, and samples those of many', () => {
  const better = (tasks: number): PairedCluster[] =>
    Array.from({ length: tasks }, () => ({ size: 2, baseline: 2, other: 1 }));
  // Fisher 1935: when all n differences have one sign, p is 2/2ⁿ.
  expect(signFlip(better(5), seed)).toEqual({ p: 2 / 2 ** 5, exact: true, smallest: 2 / 2 ** 5 });
  expect(signFlip([{ size: 3, baseline: 1, other: 1 }], seed)).toEqual({ p: 1, exact: true, smallest: 1 });
  const many = signFlip(better(24), seed);
  expect(many?.exact).toBe(false);
  // 2/2²⁴ is less than 100,000 samples can show.
  expect(many?.smallest).toBe(1 / 100_001);
  expect(many?.p).toBeLessThan(0.001);
  expect(signFlip([], seed)).toBeNull();
});

test('outcomes that are identical in all tasks have no interval, and none leaves what a rate can be', () => {
  const same = (baseline: number, other: number) =>
    Array.from({ length: 4 }, () => ({ size: 2, baseline, other }));
  expect(computeDifference(same(2, 1))).toEqual({ estimate: 0.5, interval: null });
  expect(computeDeficit(same(2, 1))).toEqual({ estimate: 0.5, interval: null });
  expect(bootstrapClusters(same(2, 1), () => 0.5, seed)).toEqual({ interval: null, undefined: 0 });
  const wide = [
    { size: 1, baseline: 1, other: 0 },
    { size: 1, baseline: 1, other: 1 },
  ];
  // By hand: 0.5 ± 12.7 · 0.5 is far beyond -1 and 1.
  expect(computeDifference(wide)).toEqual({ estimate: 0.5, interval: [-1, 1] });
  expect(computeDeficit(wide).interval?.[1]).toBe(1);
});

test("Holm's method agrees with R", () => {
  // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") of R 4.3 is 0.03 0.06 0.06 0.02; NA stays NA.
  const adjusted = adjustHolm([0.01, 0.04, null, 0.03, 0.005]);
  expect(adjusted[2]).toBeNull();
  close(
    adjusted.flatMap((p) => p ?? []),
    [0.03, 0.06, 0.06, 0.02],
  );
  expect(adjustHolm([0.9, 0.8])).toEqual([1, 1]);
});

test('the observations that a difference needs agree with published tables', () => {
  // Two rates near 50 % that differ by 10 points need 392.4 in each group (Fleiss 1981: 392 without continuity correction).
  expect(computeNeededObservations(2 * 0.5 * 0.5, 0.1)).toBe(393);
  // A paired t test of a difference of half a standard deviation: 31.4 by the normal approximation (Cohen 1988, table 2.4.1).
  expect(computeNeededObservations(1, 0.5)).toBe(32);
});

test('the variance of the difference of one pair is what its interval rests on', () => {
  const variance = computeDifferenceVariance(tasks)!;
  const [low, high] = computeDifference(tasks).interval!;
  expect(Math.sqrt(variance / 30)).toBeCloseTo((high - low) / 2 / fixture.t7_975!, 12);
  // By hand: four tasks with one pair each and the differences 1, 0, 0, -1 have the variance 2/3.
  const four = [1, 0, 0, -1].map((d) => ({ size: 1, baseline: Math.max(0, d), other: Math.max(0, -d) }));
  expect(computeDifferenceVariance(four)).toBeCloseTo(2 / 3, 12);
  expect(computeDifferenceVariance(four.slice(0, 1))).toBeNull();
});
