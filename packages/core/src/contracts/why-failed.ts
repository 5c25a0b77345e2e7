import type { TestResult } from './evaluation.ts';

/**
 * Passed: exit code 0, at least one test passed, no test failed, no test of the reference is missing, and the canary did not
 * pass.
 */
export function hasPassed(result: TestResult): boolean {
  const { exit_code, tests_passed, tests_failed, missing_tests, framework_patched } = result;
  const allPassed = exit_code === 0 && (tests_passed ?? 0) > 0 && tests_failed === 0;
  return allPassed && !missing_tests && !framework_patched;
}

/** The reason of a failure in words. Null: the tests passed. */
export function whyFailed(result: TestResult): string | null {
  if (hasPassed(result)) return null;
  if (result.timed_out) return 'the tests ran past their time limit';
  if (result.output_limit) return 'the tests printed more than 64 MiB';
  if (result.killed) return `${result.killed} ended the test run, in a second sandbox, too`;
  if (result.unrecognised) return 'the tests exited 0 without a result that is recognised';
  if (result.exit_code === null) return result.test_output || 'the tests were not run';
  if (result.tests_failed)
    return `${result.tests_failed} of ${result.tests_failed + (result.tests_passed ?? 0)} tests failed`;
  if (result.exit_code !== 0) return `the test run exited ${result.exit_code}`;
  if (!result.missing_tests && result.framework_patched)
    return 'tests that must fail passed, so the code under test changed the test framework';
  if (!result.missing_tests) return `the test run exited ${result.exit_code}`;
  const [one, two, three, ...more] = result.missing_tests;
  const some = [one, two, three, more.length > 0 ? '…' : undefined].filter((name) => name !== undefined);
  return `tests of the reference did not run: ${some.join(', ')}`;
}
