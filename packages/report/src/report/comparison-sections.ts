import { percent, pValue } from '@cooperbench/command/figures';
import type { Comparison, EstimateReport } from './compare.ts';
import { estimateCells, fewTasks, pointRange, points, range, type Section, section } from './section.ts';

/** The coordination deficits, and the differences between conditions. */
export function comparisonSections(
  comparisons: readonly Comparison[],
  mixedPolicyNames: readonly string[],
): Section[] {
  const deficits = comparisons.flatMap(({ deficit, ...comparison }) =>
    deficit ? [{ ...comparison, deficit }] : [],
  );
  const head = ['Baseline', 'Condition', 'Pairs', 'Tasks', 'Rate of baseline', 'Rate of condition'];
  const basis = (comparison: Omit<Comparison, 'deficit'>): string[] => [
    ...[comparison.baseline, comparison.other, String(comparison.pairs), String(comparison.tasks)],
    ...[percent(comparison.baseline_rate), percent(comparison.other_rate)],
  ];
  return [
    section(
      'Coordination deficit',
      [...head, 'Deficit', '95% interval', 'Bootstrap'],
      deficits.map((deficit) => [...basis(deficit), ...estimate(deficit.deficit)]),
      [0, 1],
      [
        "(baseline - condition) / baseline, on the pairs judged in both. The interval is Fieller's.",
        ...fewTasks(deficits.map(({ tasks }) => tasks)),
        ...mixedPolicyNames,
      ],
    ),
    section(
      'Deficit by repository',
      [...head.toSpliced(2, 0, 'Repository'), 'Deficit', '95% interval'],
      deficits.flatMap((deficitEntry) =>
        deficitEntry.by_repository.map(({ repository, pairs, tasks, deficit, ...rates }) => [
          ...[deficitEntry.baseline, deficitEntry.other, repository, String(pairs), String(tasks)],
          ...[percent(rates.baseline_rate), percent(rates.other_rate)],
          ...[percent(deficit?.estimate ?? null), range(deficit?.interval ?? null)],
        ]),
      ),
      [0, 1, 2],
      fewTasks(deficits.flatMap((deficit) => deficit.by_repository.map(({ tasks }) => tasks))),
    ),
    section(
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
          points(comparison.difference.estimate),
        ],
        ...[
          pointRange(comparison.difference.interval),
          pointRange(comparison.difference.bootstrap?.interval ?? null),
        ],
        ...[
          pValue(comparison.mcnemar?.p),
          pValue(comparison.sign_flip?.p),
          pValue(comparison.sign_flip?.smallest),
        ],
        pValue(comparison.adjusted_p ?? undefined),
        ...[comparison.mcnemar?.only_baseline, comparison.mcnemar?.only_other].map((n) => String(n ?? 'n/a')),
      ]),
      [0, 1],
      [
        'Baseline minus condition, on the pairs judged in both, with a clustered interval. McNemar ignores that pairs share tasks; the sign-flip test by task accounts for it. Smallest p is what so many tasks can reach. Holm p accounts for the number of comparisons.',
        ...fewTasks(comparisons.map(({ tasks }) => tasks)),
        ...mixedPolicyNames,
      ],
    ),
  ];
}

/** The pairs whose rates differ between two conditions. */
export function flips(comparisons: readonly Comparison[]): Section {
  const rows = comparisons.flatMap(({ baseline, other, flipped }) =>
    flipped.map((flip) => [
      baseline,
      other,
      flip.pair,
      verdict(flip.baseline, flip.baseline_trials),
      verdict(flip.other, flip.other_trials),
    ]),
  );
  const head = ['Baseline', 'Condition', 'Pair', 'In baseline', 'In condition'];
  return { ...section('What flipped', head, rows, [0, 1, 2, 3, 4]), isList: true };
}

function estimate({ estimate: value, interval, bootstrap }: EstimateReport): string[] {
  return estimateCells(value, interval, bootstrap);
}

function verdict(rate: number, trials: number): string {
  if (trials > 1) return `${Math.round(rate * trials)} of ${trials} passed`;
  return rate === 1 ? 'passed' : 'failed';
}
