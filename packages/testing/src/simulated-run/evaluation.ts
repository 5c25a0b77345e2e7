import type { EvaluationFile, StoredFeatureResult } from '@cooperbench/records';
import { type DrawNumber, listPaths, type Outcome, type Seat, type SimulatedTrial } from './seats.ts';

export const lostReason = 'the sandbox was lost: the machine that ran it stopped answering';

export function buildEvaluation(
  trial: SimulatedTrial,
  outcome: Outcome,
  seats: readonly Seat[],
  draw: DrawNumber,
): EvaluationFile {
  const { setting, repo, taskId, features } = trial;
  const isCoop = setting === 'coop';
  const error =
    outcome === 'lost_seat'
      ? `${seats.at(-1)?.seat} was lost: ${lostReason}`
      : outcome === 'lost_tests'
        ? 'the sandbox of the tests was lost'
        : null;
  const isGood = outcome === 'passed' || outcome === 'fails_alone' || outcome === 'resolved';
  const unmerged = outcome === 'unmergeable' || outcome === 'unapplied' || error !== null;
  const brokenIndex = draw('feature') < 0.5 ? 0 : 1;
  const findResult = (feature: number, passed: boolean, hasRun = true) =>
    findTests(feature, passed, hasRun, outcome, draw);
  const merged = features.map((feature, index): StoredFeatureResult => {
    const passed = isGood || (!unmerged && index !== brokenIndex);
    return { feature_id: feature, passed, ...findResult(feature, passed, !unmerged) };
  });
  const individualResults = seats.map(({ seat, features: seatFeatures }, index) => {
    const fails =
      (outcome === 'own' || outcome === 'slow' || outcome === 'fails_alone') && index === brokenIndex;
    const success =
      !fails &&
      !(outcome === 'empty' && index === seats.length - 1) &&
      outcome !== 'unapplied' &&
      error === null;
    return [
      seat,
      {
        feature_id: seatFeatures[0] as number,
        success,
        error: null,
        ...findResult(seatFeatures[0] as number, success, error === null),
      },
    ] as const;
  });
  const conflicts = ['resolved', 'textual', 'unmergeable'].includes(outcome)
    ? [listPaths(trial, 'agent1')[0]]
    : [];
  const status =
    outcome === 'unapplied'
      ? 'missing_input'
      : error
        ? 'error'
        : conflicts.length > 0
          ? 'conflicts'
          : 'clean';
  const strategy = unmerged ? null : conflicts.length > 0 ? 'union' : 'naive';
  const diff = unmerged ? '' : seats.map(({ patch }) => patch).join('');
  const sum = (field: 'tests_passed' | 'tests_failed') =>
    merged.reduce((total, entry) => total + (entry[field] ?? 0), 0);
  const applied = seats.map(({ seat, patch }, index) => {
    const fails = outcome === 'unapplied' && index === seats.length - 1;
    return [seat, patch === '' ? 'skipped' : fails ? 'failed' : 'applied'] as const;
  });
  const [first = null, second = null] = merged;
  return {
    ...{ schema_version: 1, repo, task_id: taskId, features, setting, feature1: first, feature2: second },
    apply_status: Object.fromEntries(applied),
    merge: isCoop ? { status, strategy, policy: 'union', diff, conflicts } : null,
    merge_policy: isCoop ? 'union' : null,
    policies: isCoop && !error ? { strict: isGood && conflicts.length === 0, union: isGood } : {},
    features_results: Object.fromEntries(merged.map((entry) => [entry.feature_id, entry])),
    individual: isCoop ? Object.fromEntries(individualResults) : null,
    merged: {
      success: isGood,
      tests_passed: sum('tests_passed'),
      tests_failed: sum('tests_failed'),
      merge_conflict: conflicts.length > 0,
      error,
    },
    ...{
      dropped: [],
      both_passed: isGood,
      overall_success: isGood && (!isCoop || individualResults.every(([, entry]) => entry.success)),
      error,
    },
    ...{
      evaluated_at: formatIso(trial.start + 3600),
      inputs_hash: '',
      merge_policy_hash: isCoop ? '' : null,
      evaluator: { name: 'cooperbench', options: {} },
      backend: 'docker',
      versions: {},
    },
  };
}

function findTests(feature: number, passed: boolean, hasRun: boolean, outcome: Outcome, draw: DrawNumber) {
  if (!hasRun) return { tests_passed: 0, tests_failed: 0, exit_code: null, test_output: '' };
  const total = 8 + Math.floor(20 * draw(`tests ${feature}`));
  const failedCount = passed ? 0 : 1 + Math.floor(3 * draw(`failed ${feature}`));
  const isSlow = !passed && outcome === 'slow';
  const name = (index: number): string => `tests/test_feature_${feature}.py::test_case_${index}`;
  const lines = Array.from(
    { length: total },
    (_, index) => `${name(index)} ${index < failedCount ? 'FAILED' : 'PASSED'}`,
  );
  const reasons = Array.from(
    { length: failedCount },
    (_, index) => `FAILED ${name(index)} - AssertionError: assert None == ${index}`,
  );
  const counts = `${failedCount > 0 ? `${failedCount} failed, ` : ''}${total - failedCount} passed`;
  const output = isSlow
    ? lines.slice(0, 3)
    : [
        ...lines,
        '=========== short test summary info ===========',
        ...reasons,
        `=========== ${counts} in 1.23s ===========`,
      ];
  return {
    tests_passed: isSlow ? null : total - failedCount,
    tests_failed: isSlow ? null : failedCount,
    exit_code: isSlow ? 124 : passed ? 0 : 1,
    test_output: `${output.join('\n')}\n`,
    reference: { count: total, by_name: true },
    missing_tests: [],
    ...(isSlow && { timed_out: true as const }),
  };
}

export function formatIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
