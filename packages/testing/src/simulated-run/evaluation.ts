import type { EvaluationFile, StoredFeatureResult } from '@cooperbench/records';
import { type Draw, type Outcome, pathsOf, type Seat, type SimulatedTrial } from './seats.ts';

export const lostReason = 'the sandbox was lost: the machine that ran it stopped answering';

export function evaluationOf(
  trial: SimulatedTrial,
  outcome: Outcome,
  seats: readonly Seat[],
  draw: Draw,
): EvaluationFile {
  const { setting, repo, taskId, features } = trial;
  const together = setting === 'coop';
  const error =
    outcome === 'lost_seat'
      ? `${seats.at(-1)?.seat} was lost: ${lostReason}`
      : outcome === 'lost_tests'
        ? 'the sandbox of the tests was lost'
        : null;
  const good = outcome === 'passed' || outcome === 'fails_alone' || outcome === 'resolved';
  const unmerged = outcome === 'unmergeable' || outcome === 'unapplied' || error !== null;
  const broken = draw('feature') < 0.5 ? 0 : 1;
  const result = (feature: number, passed: boolean, ran = true) =>
    testsOf(feature, passed, ran, outcome, draw);
  const merged = features.map((feature, index): StoredFeatureResult => {
    const passed = good || (!unmerged && index !== broken);
    return { feature_id: feature, passed, ...result(feature, passed, !unmerged) };
  });
  const alone = seats.map(({ seat, features: own }, index) => {
    const fails = (outcome === 'own' || outcome === 'slow' || outcome === 'fails_alone') && index === broken;
    const success =
      !fails &&
      !(outcome === 'empty' && index === seats.length - 1) &&
      outcome !== 'unapplied' &&
      error === null;
    return [
      seat,
      {
        feature_id: own[0] as number,
        success,
        error: null,
        ...result(own[0] as number, success, error === null),
      },
    ] as const;
  });
  const conflicts = ['resolved', 'textual', 'unmergeable'].includes(outcome)
    ? [pathsOf(trial, 'agent1')[0]]
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
  const sum = (of: 'tests_passed' | 'tests_failed') =>
    merged.reduce((total, one) => total + (one[of] ?? 0), 0);
  const applied = seats.map(({ seat, patch }, index) => {
    const fails = outcome === 'unapplied' && index === seats.length - 1;
    return [seat, patch === '' ? 'skipped' : fails ? 'failed' : 'applied'] as const;
  });
  const [first = null, second = null] = merged;
  return {
    ...{ schema_version: 1, repo, task_id: taskId, features, setting, feature1: first, feature2: second },
    apply_status: Object.fromEntries(applied),
    merge: together ? { status, strategy, policy: 'union', diff, conflicts } : null,
    merge_policy: together ? 'union' : null,
    policies: together && !error ? { strict: good && conflicts.length === 0, union: good } : {},
    features_results: Object.fromEntries(merged.map((one) => [one.feature_id, one])),
    individual: together ? Object.fromEntries(alone) : null,
    merged: {
      success: good,
      tests_passed: sum('tests_passed'),
      tests_failed: sum('tests_failed'),
      merge_conflict: conflicts.length > 0,
      error,
    },
    ...{
      dropped: [],
      both_passed: good,
      overall_success: good && (!together || alone.every(([, one]) => one.success)),
      error,
    },
    ...{
      evaluated_at: iso(trial.start + 3600),
      inputs_hash: '',
      merge_policy_hash: together ? '' : null,
      evaluator: { name: 'cooperbench', options: {} },
      backend: 'docker',
      versions: {},
    },
  };
}

function testsOf(feature: number, passed: boolean, ran: boolean, outcome: Outcome, draw: Draw) {
  if (!ran) return { tests_passed: 0, tests_failed: 0, exit_code: null, test_output: '' };
  const total = 8 + Math.floor(20 * draw(`tests ${feature}`));
  const failed = passed ? 0 : 1 + Math.floor(3 * draw(`failed ${feature}`));
  const slow = !passed && outcome === 'slow';
  const name = (index: number): string => `tests/test_feature_${feature}.py::test_case_${index}`;
  const lines = Array.from(
    { length: total },
    (_, index) => `${name(index)} ${index < failed ? 'FAILED' : 'PASSED'}`,
  );
  const why = Array.from(
    { length: failed },
    (_, index) => `FAILED ${name(index)} - AssertionError: assert None == ${index}`,
  );
  const counts = `${failed > 0 ? `${failed} failed, ` : ''}${total - failed} passed`;
  const output = slow
    ? lines.slice(0, 3)
    : [
        ...lines,
        '=========== short test summary info ===========',
        ...why,
        `=========== ${counts} in 1.23s ===========`,
      ];
  return {
    tests_passed: slow ? null : total - failed,
    tests_failed: slow ? null : failed,
    exit_code: slow ? 124 : passed ? 0 : 1,
    test_output: `${output.join('\n')}\n`,
    reference: { count: total, by_name: true },
    missing_tests: [],
    ...(slow && { timed_out: true as const }),
  };
}

export function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
