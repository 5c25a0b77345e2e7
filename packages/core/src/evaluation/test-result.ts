import { Buffer } from 'node:buffer';
import type { TestResult } from '../contracts/evaluation.ts';
import type { Submission } from '../contracts/evaluator.ts';
import type { JobReport } from '../contracts/jobs.ts';
import type { Reference } from '../contracts/reference.ts';
import { type Facts, parseFacts } from './facts.ts';
import { countTests, type TestCounts } from './parsers/index.ts';

/** How many characters of a test run's output eval.json keeps at its beginning and its end. */
const keptOutput = { head: 10_000, tail: 40_000 };
/** How many names of missing tests eval.json keeps. */
const keptNames = 100;

/** The outcome of a job on one tree. */
export interface TreeOutcome {
  readonly facts: Facts;
  readonly outputFiles: JobReport['outputFiles'];
  readonly submission: Submission;
}

export function treeOutcome({ markedLines, outputFiles }: JobReport, submission: Submission): TreeOutcome {
  return { facts: parseFacts(markedLines), outputFiles, submission };
}

export function testResult({ facts, outputFiles, submission }: TreeOutcome, feature: number): TestResult {
  const reference = submission.references?.get(feature);
  const run = facts.runs.get(feature);
  if (!run) {
    const ended = facts.complete ? '' : 'the code under test ended the evaluation';
    return notRun(facts.ruined.get(feature) ?? ended, reference);
  }
  const output = textOf(outputFiles, `${feature}.output`);
  const counts = countTests(output);
  const killed = run.exitCode === 124 || run.exitCode === 137;
  const missing = reference ? missingTests(reference, counts) : [];
  return {
    tests_passed: counts?.passed ?? null,
    tests_failed: counts?.failed ?? null,
    exit_code: run.exitCode,
    test_output: shorten(output),
    reference: compared(reference),
    ...(missing.length > 0 ? { missing_tests: firstOf(missing) } : {}),
    ...(killed && run.seconds >= submission.task.timeoutSeconds ? { timed_out: true as const } : {}),
    ...(run.exitCode === 0 && !counts ? { unrecognised: true as const } : {}),
  };
}

export function notRun(why: string, reference: Reference | undefined): TestResult {
  return {
    tests_passed: 0,
    tests_failed: 0,
    exit_code: null,
    test_output: why,
    reference: compared(reference),
  };
}

/** Passed: exit code 0, at least one test passed, no test failed, and no test of the reference is missing. */
export function passed(result: TestResult): boolean {
  const { exit_code, tests_passed, tests_failed, missing_tests } = result;
  return exit_code === 0 && (tests_passed ?? 0) > 0 && tests_failed === 0 && !missing_tests;
}

/** The reason of a failure in words. Null: the tests passed. */
export function whyFailed(result: TestResult): string | null {
  if (passed(result)) return null;
  if (result.timed_out) return 'the tests ran past their time limit';
  if (result.unrecognised) return 'the tests exited 0 without a result that is recognised';
  if (result.exit_code === null) return result.test_output || 'the tests were not run';
  if (result.tests_failed)
    return `${result.tests_failed} of ${result.tests_failed + (result.tests_passed ?? 0)} tests failed`;
  if (result.exit_code !== 0 || !result.missing_tests) return `the test run exited ${result.exit_code}`;
  const [one, two, three, ...more] = result.missing_tests;
  const some = [one, two, three, more.length > 0 ? '…' : undefined].filter((name) => name !== undefined);
  return `tests of the reference did not run: ${some.join(', ')}`;
}

export function textOf(outputFiles: JobReport['outputFiles'], name: string): string {
  return Buffer.from(outputFiles.get(name) ?? []).toString();
}

function compared(reference: Reference | undefined): TestResult['reference'] {
  return reference ? { count: reference.count, by_name: reference.tests !== null } : null;
}

/** The tests of the reference that did not run. A name that ran twice in the reference must run twice. */
function missingTests({ count, tests }: Reference, counts: TestCounts | undefined): string[] {
  if (tests === null) {
    const missing = count - (counts ? counts.passed + counts.failed : 0);
    return missing > 0 ? [`${missing} of ${count} tests`] : [];
  }
  const unmatched = new Map<string, number>();
  for (const name of counts?.names ?? []) unmatched.set(name, (unmatched.get(name) ?? 0) + 1);
  return tests.filter((name) => {
    const times = unmatched.get(name) ?? 0;
    unmatched.set(name, times - 1);
    return times <= 0;
  });
}

function firstOf(names: readonly string[]): readonly string[] {
  const more = names.length - keptNames;
  return more > 0 ? [...names.slice(0, keptNames), `and ${more} more`] : names;
}

function shorten(output: string): string {
  const { head, tail } = keptOutput;
  if (output.length <= head + tail) return output;
  return `${output.slice(0, head)}\n[… ${output.length - head - tail} characters left out …]\n${output.slice(-tail)}`;
}
