import { Buffer } from 'node:buffer';
import type {
  DroppedFile,
  Evaluation,
  FeatureResult,
  MergeResult,
  SeatResultAlone,
  TestResult,
} from '../contracts/evaluation.ts';
import type { EvaluationContext, Submission, SubmittedPatch } from '../contracts/evaluator.ts';
import type { JobReport, JobResult } from '../contracts/jobs.ts';
import { type Facts, parseFacts } from './facts.ts';
import { jobId } from './jobs.ts';
import { countTests } from './parsers/index.ts';

/** Characters of a test run's output that eval.json keeps: the first and the last. */
const keptOutput = { head: 10_000, tail: 40_000 };

/** What a tree's job came to. */
interface TreeOutcome {
  readonly facts: Facts;
  readonly fetched: JobReport['fetched'];
  readonly timeoutSeconds: number;
}

/**
 * The verdict of eval.json on a submission, from the results of all its jobs. A job that infrastructure failed makes a
 * verdict with `error`. Pure.
 */
export function judge(
  submission: Submission,
  results: readonly JobResult[],
  { policy, dropped }: Pick<EvaluationContext, 'policy'> & { readonly dropped: readonly DroppedFile[] },
): Evaluation {
  const failures = results.flatMap(failureOf);
  if (failures.length > 0) return failedEvaluation([...new Set(failures)].join('; '));
  const outcomes = new Map(
    results.map((result) => [result.id, outcomeOf(result as JobReport, submission.task.timeoutSeconds)]),
  );
  const tree = outcomes.get(jobId(submission));
  if (!tree) return failedEvaluation('there is no result of the merged tree');
  const { facts } = tree;
  const merges = submission.judged === 'merge';
  const features = submission.features.map((id): FeatureResult => {
    const result = testResult(tree, id);
    return { feature_id: id, passed: passed(result), ...result };
  });
  const bothPassed = features.every((feature) => feature.passed);
  const alone = submission.patches
    .filter((patch) => merges && patch.features.length > 0)
    .map((patch) => [patch.seat, seatAlone(patch, outcomes.get(jobId(submission, patch.seat)))] as const);
  return {
    apply_status: Object.fromEntries(facts.applied),
    merge: merges ? mergeResult(tree, policy) : null,
    policies: merges ? impliedPolicies(facts, policy.name, bothPassed) : {},
    features_results: Object.fromEntries(features.map((feature) => [String(feature.feature_id), feature])),
    individual: merges ? Object.fromEntries(alone) : null,
    merged: merges ? mergedResult(features, facts, bothPassed) : null,
    dropped,
    both_passed: bothPassed,
    overall_success: bothPassed && alone.every(([, seat]) => seat.success),
    error: null,
  };
}

/** The verdict on a submission that infrastructure kept from being evaluated; also a base to make other verdicts from. */
export function failedEvaluation(error: string): Evaluation {
  return {
    apply_status: {},
    merge: null,
    policies: {},
    features_results: {},
    individual: null,
    merged: null,
    dropped: [],
    both_passed: false,
    overall_success: false,
    error,
  };
}

function failureOf(result: JobResult): string[] {
  if ('error' in result) return [result.error];
  const { merge, complete } = parseFacts(result.said);
  // After the merge, code under test runs. What ends the program there, in a sandbox that lives, is that code.
  if (merge || complete) return [];
  const said = result.early?.stderr.slice(-1000) || 'it printed nothing';
  return [`The evaluation program exited ${result.early?.exitCode ?? 0}: ${said}`];
}

function outcomeOf({ said, fetched }: JobReport, timeoutSeconds: number): TreeOutcome {
  return { facts: parseFacts(said), fetched, timeoutSeconds };
}

/** Exit 0, at least one test passed and none failed. */
function passed(result: TestResult): boolean {
  return result.exit_code === 0 && (result.tests_passed ?? 0) > 0 && result.tests_failed === 0;
}

function testResult({ facts, fetched, timeoutSeconds }: TreeOutcome, feature: number): TestResult {
  const run = facts.runs.get(feature);
  if (!run) {
    const ended = facts.complete ? '' : 'the evaluation was ended by the code under test';
    return notRun(facts.ruined.get(feature) ?? ended);
  }
  const output = textOf(fetched, `${feature}.output`);
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

function notRun(why: string): TestResult {
  return { tests_passed: 0, tests_failed: 0, exit_code: null, test_output: why };
}

/** A seat's own patch on its own features. No outcome: the patch is empty. */
function seatAlone({ seat, features }: SubmittedPatch, tree: TreeOutcome | undefined): SeatResultAlone {
  const applied = tree?.facts.applied.get(seat) ?? 'skipped';
  const unapplied = { skipped: 'the patch is empty', failed: 'the patch does not apply', applied: null };
  const results = features.map((id) => ({ id, ...(tree ? testResult(tree, id) : notRun('')) }));
  const failures = results.flatMap(({ id, ...result }) => {
    const why = whyFailed(result);
    return why === null ? [] : [features.length > 1 ? `feature ${id}: ${why}` : why];
  });
  const [first] = results;
  return {
    feature_id: first?.id ?? 0,
    ...(features.length > 1 ? { features } : {}),
    success: failures.length === 0,
    tests_passed: sum(results.map((result) => result.tests_passed)),
    tests_failed: sum(results.map((result) => result.tests_failed)),
    exit_code: (results.find((result) => result.exit_code !== 0) ?? first)?.exit_code ?? null,
    error: unapplied[applied] ?? (failures.join('; ') || null),
    test_output: results.map((result) => result.test_output).join('\n'),
  };
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

function mergeResult({ facts, fetched }: TreeOutcome, policy: EvaluationContext['policy']): MergeResult {
  const { how, status } = facts.merge ?? { how: 'none', status: 'error' };
  const strategy = how === 'naive' ? 'naive' : how === 'none' ? null : policy.strategy;
  const diff = how === 'none' ? '' : textOf(fetched, 'merged.patch');
  return { status, strategy, policy: policy.name, diff, conflicts: facts.conflicts };
}

function mergedResult(
  features: readonly FeatureResult[],
  { merge, conflicts }: Facts,
  success: boolean,
): Evaluation['merged'] {
  const unmerged =
    merge?.status === 'missing_input'
      ? 'a patch does not apply'
      : `merge conflict in ${conflicts.join(', ')}`;
  const failures = features.flatMap((feature) =>
    feature.passed ? [] : [`feature ${feature.feature_id}: ${whyFailed(feature)}`],
  );
  return {
    success,
    tests_passed: sum(features.map((feature) => feature.tests_passed)),
    tests_failed: sum(features.map((feature) => feature.tests_failed)),
    merge_conflict: merge?.status === 'conflicts',
    error: success ? null : merge?.how === 'none' ? unmerged : failures.join('; '),
  };
}

/** The verdict under every policy that this one test run implies. */
function impliedPolicies(facts: Facts, policy: string, bothPassed: boolean): Record<string, boolean> {
  if (facts.merge?.how === 'naive')
    return { strict: bothPassed, union: bothPassed, lead: bothPassed, [policy]: bothPassed };
  const unappliable = facts.merge?.status === 'missing_input' ? { union: false } : {};
  return { strict: false, ...unappliable, [policy]: bothPassed };
}

/** Null when one of them is not known. */
function sum(counts: readonly (number | null)[]): number | null {
  return counts.reduce<number | null>(
    (total, count) => (total === null || count === null ? null : total + count),
    0,
  );
}

function textOf(fetched: JobReport['fetched'], name: string): string {
  return Buffer.from(fetched.get(name) ?? []).toString();
}

function shorten(output: string): string {
  const { head, tail } = keptOutput;
  if (output.length <= head + tail) return output;
  return `${output.slice(0, head)}\n[… ${output.length - head - tail} characters left out …]\n${output.slice(-tail)}`;
}
