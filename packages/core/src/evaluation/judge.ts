import type {
  DroppedFile,
  Evaluation,
  FeatureResult,
  MergeResult,
  SuccessResult,
  TestResult,
} from '../contracts/evaluation.ts';
import type { EvaluationContext, Submission } from '../contracts/evaluator.ts';
import type { Facts } from './facts.ts';
import { countTests } from './parsers/index.ts';

/** What came out of the sandbox: the program's facts and the files it left, by name. */
export interface Outcome {
  readonly facts: Facts;
  /** What a run of tests printed, by label. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly mergedDiff: string;
  readonly dropped: readonly DroppedFile[];
}

/** Characters of a test run's output that eval.json keeps: the first and the last. */
const keptOutput = { head: 10_000, tail: 40_000 };

/** Turns what happened in the sandbox into the verdict of eval.json. Pure. */
export function judge(
  submission: Submission,
  outcome: Outcome,
  policy: EvaluationContext['policy'],
): Evaluation {
  const { facts, dropped } = outcome;
  const cooperative = submission.setting !== 'solo';
  const tested = facts.merge !== undefined && facts.merge?.how !== 'none';
  const features = submission.features.map((id): FeatureResult => {
    const result = testResult(outcome, `merged-${id}`, submission.task.timeoutSeconds);
    return { feature_id: id, passed: passed(result), ...result };
  });
  const bothPassed = tested && features.every((feature) => feature.passed);
  const individual = cooperative ? individually(submission, outcome) : null;
  const alonePass = individual === null || Object.values(individual).every((seat) => seat.success);
  return {
    apply_status: Object.fromEntries(facts.applied),
    merge: cooperative ? mergeResult(outcome, policy) : null,
    policies: cooperative ? impliedPolicies(facts, policy.name, bothPassed) : {},
    features_results: Object.fromEntries(features.map((feature) => [String(feature.feature_id), feature])),
    individual,
    merged: cooperative ? mergedResult(features, facts, tested, bothPassed) : null,
    dropped,
    both_passed: bothPassed,
    overall_success: bothPassed && alonePass,
    error: null,
  };
}

/** Exit 0, at least one test passed and none failed. */
function passed(result: TestResult): boolean {
  return result.exit_code === 0 && (result.tests_passed ?? 0) > 0 && result.tests_failed === 0;
}

function testResult({ facts, outputs }: Outcome, label: string, timeoutSeconds: number): TestResult {
  const run = facts.runs.get(label);
  const output = outputs.get(label) ?? '';
  if (!run) {
    const why =
      facts.ruined.get(label) ?? (facts.complete ? '' : 'the evaluation was ended by the code under test');
    return { tests_passed: null, tests_failed: null, exit_code: null, test_output: why };
  }
  const counts = countTests(output);
  const killed = run.exitCode === 124 || run.exitCode === 137;
  return {
    tests_passed: counts?.passed ?? null,
    tests_failed: counts?.failed ?? null,
    exit_code: run.exitCode,
    test_output: shorten(output),
    ...(killed && run.seconds >= timeoutSeconds ? { timed_out: true as const } : {}),
    ...(run.exitCode === 0 && !counts ? { unrecognised: true as const } : {}),
  };
}

function individually(
  submission: Submission,
  outcome: Outcome,
): Record<string, SuccessResult & { feature_id: number }> {
  const seats = submission.patches.map(({ seat, features }) => {
    const result = testResult(outcome, seat, submission.task.timeoutSeconds);
    const applied = outcome.facts.applied.get(seat);
    const error =
      applied === 'skipped'
        ? 'the patch is empty'
        : applied === 'failed'
          ? 'the patch does not apply'
          : whyFailed(result);
    return [seat, { feature_id: features[0] ?? 0, success: passed(result), ...result, error }] as const;
  });
  return Object.fromEntries(seats);
}

function whyFailed(result: TestResult): string | null {
  if (passed(result)) return null;
  if (result.timed_out) return 'the tests ran past their time limit';
  if (result.unrecognised) return 'the tests exited 0 without a result that is recognised';
  if (result.exit_code === null) return result.test_output || 'the tests were not run';
  if (result.tests_failed)
    return `${result.tests_failed} of ${result.tests_failed + (result.tests_passed ?? 0)} tests failed`;
  return `the test run exited ${result.exit_code}`;
}

function mergeResult({ facts, mergedDiff }: Outcome, policy: EvaluationContext['policy']): MergeResult {
  const { how, status } = facts.merge ?? { how: 'none', status: 'error' };
  const strategy = how === 'naive' ? 'naive' : how === 'none' ? null : policy.strategy;
  return { status, strategy, policy: policy.name, diff: mergedDiff, conflicts: facts.conflicts };
}

function mergedResult(
  features: readonly FeatureResult[],
  facts: Facts,
  tested: boolean,
  success: boolean,
): Evaluation['merged'] {
  const sum = (count: (feature: FeatureResult) => number | null): number | null =>
    features.reduce<number | null>(
      (total, feature) =>
        total === null ? null : count(feature) === null ? null : total + (count(feature) ?? 0),
      0,
    );
  const conflict = facts.merge?.status === 'conflicts';
  const unmerged =
    facts.merge?.status === 'missing_input'
      ? 'a patch does not apply'
      : `merge conflict in ${facts.conflicts.join(', ')}`;
  const failures = features.flatMap((feature) =>
    feature.passed ? [] : [`feature ${feature.feature_id}: ${whyFailed(feature)}`],
  );
  return {
    success,
    tests_passed: sum((feature) => feature.tests_passed),
    tests_failed: sum((feature) => feature.tests_failed),
    merge_conflict: conflict,
    error: success ? null : tested ? failures.join('; ') : unmerged,
  };
}

/** The verdict under every policy that this one test run implies. */
function impliedPolicies(facts: Facts, policy: string, bothPassed: boolean): Record<string, boolean> {
  if (facts.merge?.how === 'naive')
    return { strict: bothPassed, union: bothPassed, lead: bothPassed, [policy]: bothPassed };
  const unappliable = facts.merge?.status === 'missing_input' ? { union: false } : {};
  return { strict: false, ...unappliable, [policy]: bothPassed };
}

function shorten(output: string): string {
  const { head, tail } = keptOutput;
  if (output.length <= head + tail) return output;
  return `${output.slice(0, head)}\n[… ${output.length - head - tail} characters left out …]\n${output.slice(-tail)}`;
}
