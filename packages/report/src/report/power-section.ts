import { computeNeededObservations } from '../statistics/power.ts';
import type { RateReport } from './rate-report.ts';
import type { Report } from './report.ts';
import { buildSection, formatRepositoriesFor, type Section } from './section.ts';

/** How many pairs a difference needs in one design. */
export interface NeededPairs {
  readonly comparison: string;
  readonly pairs: number;
  /** Tasks, or repositories with `--cluster repo`. */
  readonly clusters: number;
  /** It is null if the variance cannot be estimated. */
  readonly needed_pairs: number | null;
  readonly needed_clusters: number | null;
}

/** Of two conditions on the same pairs, and of a condition against another on other pairs. `difference`: a fraction of 1. */
export function listNeededPairs({ comparisons, conditions }: Report, difference: number): NeededPairs[] {
  const buildRow = (
    comparison: string,
    pairs: number,
    clusters: number,
    variance: number | null,
  ): NeededPairs => {
    const neededCount = variance === null ? null : computeNeededObservations(variance, difference);
    return {
      ...{ comparison, pairs, clusters, needed_pairs: neededCount },
      needed_clusters: neededCount === null ? null : Math.ceil((neededCount * clusters) / pairs),
    };
  };
  return [
    ...comparisons.map(({ baseline, other, pairs, tasks, pair_variance: variance }) =>
      buildRow(`${other} against ${baseline}, same pairs`, pairs, tasks, variance),
    ),
    ...conditions.map(({ label, merged }) =>
      buildRow(
        `${label}, other pairs in each`,
        merged.observations,
        merged.clusters,
        findUnpairedVariance(merged),
      ),
    ),
  ];
}

export function buildPowerSection(report: Report, difference: number): Section {
  const { cluster } = report;
  const word = cluster === 'repo' ? 'Repositories' : 'Tasks';
  const note =
    'For a power of 80% in a two-sided test at 5%, with as many pairs in a task as here. More repetitions narrow only the noise within a pair; more tasks narrow everything.';
  return buildSection(
    `Pairs that a difference of ${(difference * 100).toFixed(1)} points needs`,
    ['Comparison', 'Pairs here', `${word} here`, 'Pairs needed', `${word} needed`],
    listNeededPairs(report, difference).map((estimate) => [
      ...[estimate.comparison, String(estimate.pairs), String(estimate.clusters)],
      ...[estimate.needed_pairs, estimate.needed_clusters].map((number) => number?.toString() ?? 'n/a'),
    ]),
    [0],
    [cluster === 'repo' ? formatRepositoriesFor(note) : note],
  );
}

/** Of two conditions with this rate. Where all agree, their variance is not known. */
function findUnpairedVariance({
  rate,
  observations,
  effective_observations: effective,
}: RateReport): number | null {
  if (rate === null || effective === null || rate === 0 || rate === 1) return null;
  return (2 * rate * (1 - rate) * observations) / effective;
}
