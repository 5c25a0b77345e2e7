import { formatPercent, formatPValue } from '@cooperbench/command/figures';
import type { Comparison, EstimateReport } from './compare.ts';
import {
  buildSection,
  estimateCells,
  formatFewTasks,
  formatPointRange,
  formatPoints,
  formatRange,
  type Section,
} from './section.ts';

/** Builds the coordination deficits, and the differences between conditions. */
export function buildComparisonSections(
  comparisons: readonly Comparison[],
  mixedPolicyNames: readonly string[],
): Section[] {
  const deficits = comparisons.flatMap(({ deficit, ...comparison }) =>
    deficit ? [{ ...comparison, deficit }] : [],
  );
  const head = ['Baseline', 'Condition', 'Pairs', 'Tasks', 'Rate of baseline', 'Rate of condition'];
  const listBasis = (comparison: Omit<Comparison, 'deficit'>): string[] => [
    ...[comparison.baseline, comparison.other, String(comparison.pairs), String(comparison.tasks)],
    ...[formatPercent(comparison.baseline_rate), formatPercent(comparison.other_rate)],
  ];
  return [
    buildSection(
      'Coordination deficit',
      [...head, 'Deficit', '95% interval', 'Bootstrap'],
      deficits.map((deficit) => [...listBasis(deficit), ...estimate(deficit.deficit)]),
      [0, 1],
      [
        "(baseline - condition) / baseline, on the pairs judged in both. The interval is Fieller's.",
        ...formatFewTasks(deficits.map(({ tasks }) => tasks)),
        ...mixedPolicyNames,
      ],
    ),
    buildSection(
      'Deficit by repository',
      [...head.toSpliced(2, 0, 'Repository'), 'Deficit', '95% interval'],
      deficits.flatMap((deficitEntry) =>
        deficitEntry.by_repository.map(({ repository, pairs, tasks, deficit, ...rates }) => [
          ...[deficitEntry.baseline, deficitEntry.other, repository, String(pairs), String(tasks)],
          ...[formatPercent(rates.baseline_rate), formatPercent(rates.other_rate)],
          ...[formatPercent(deficit?.estimate ?? null), formatRange(deficit?.interval ?? null)],
        ]),
      ),
      [0, 1, 2],
      formatFewTasks(deficits.flatMap((deficit) => deficit.by_repository.map(({ tasks }) => tasks))),
    ),
    buildSection(
      'Differences',
      [
        'Baseline',
        'Condition',
        'Tasks',
        'Difference',
        '95% interval',
        'Bootstrap',
        'McNemar p',
        'Sign-flip p',
        'Smallest p',
        'Holm p',
        'Only baseline',
        'Only condition',
      ],
      comparisons.map((comparison) => [
        ...[
          comparison.baseline,
          comparison.other,
          String(comparison.tasks),
          formatPoints(comparison.difference.estimate),
        ],
        ...[
          formatPointRange(comparison.difference.interval),
          formatPointRange(comparison.difference.bootstrap?.interval ?? null),
        ],
        ...[
          formatPValue(comparison.mcnemar?.p),
          formatPValue(comparison.sign_flip?.p),
          formatPValue(comparison.sign_flip?.smallest),
        ],
        formatPValue(comparison.adjusted_p ?? undefined),
        ...[comparison.mcnemar?.only_baseline, comparison.mcnemar?.only_other].map((n) => String(n ?? 'n/a')),
      ]),
      [0, 1],
      [
        'Baseline minus condition, on the pairs judged in both, with a clustered interval. McNemar ignores that pairs share tasks; the sign-flip test by task accounts for it. Smallest p is what so many tasks can reach. Holm p accounts for the number of comparisons.',
        ...formatFewTasks(comparisons.map(({ tasks }) => tasks)),
        ...mixedPolicyNames,
      ],
    ),
  ];
}

/** Builds the pairs whose rates differ between two conditions. */
export function buildFlipsSection(comparisons: readonly Comparison[]): Section {
  const rows = comparisons.flatMap(({ baseline, other, flipped }) =>
    flipped.map((flip) => [
      baseline,
      other,
      flip.pair,
      formatVerdict(flip.baseline, flip.baseline_trials),
      formatVerdict(flip.other, flip.other_trials),
    ]),
  );
  const head = ['Baseline', 'Condition', 'Pair', 'In baseline', 'In condition'];
  return { ...buildSection('What flipped', head, rows, [0, 1, 2, 3, 4]), isList: true };
}

function estimate({ estimate: value, interval, bootstrap }: EstimateReport): string[] {
  return estimateCells(value, interval, bootstrap);
}

function formatVerdict(rate: number, trials: number): string {
  if (trials > 1) return `${Math.round(rate * trials)} of ${trials} passed`;
  return rate === 1 ? 'passed' : 'failed';
}
