import type { TestResult } from './evaluation.ts';

/**
 * Passed: exit code 0, at least one test passed, no test failed, no test of the reference is missing, and the canary did not
 * pass.
 */
export function hasPassed(result: TestResult): boolean {
  const { exitCode, testsPassed, testsFailed, missingTests, frameworkPatched } = result;
  const allPassed = exitCode === 0 && (testsPassed ?? 0) > 0 && testsFailed === 0;
  return allPassed && !missingTests && !frameworkPatched;
}

/** Explains the reason of a failure in words. Returns null if the tests passed. */
export function explainFailure(result: TestResult): string | null {
  if (hasPassed(result)) return null;
  if (result.timedOut) return 'the tests ran past their time limit';
  if (result.outputLimit) return 'the tests printed more than 64 MiB';
  if (result.killed) return `${result.killed} ended the test run, in a second sandbox, too`;
  if (result.unrecognised) return 'the tests exited 0 without a result that is recognised';
  if (result.exitCode === null) return result.testOutput || 'the tests were not run';
  if (result.testsFailed)
    return `${result.testsFailed} of ${result.testsFailed + (result.testsPassed ?? 0)} tests failed`;
  if (result.exitCode !== 0) return `the test run exited ${result.exitCode}`;
  if (!result.missingTests && result.frameworkPatched)
    return 'tests that must fail passed, so the code under test changed the test framework';
  if (!result.missingTests) return `the test run exited ${result.exitCode}`;
  const names = result.missingTests.slice(0, 3);
  if (result.missingTests.length > 3) names.push('…');
  return `tests of the reference did not run: ${names.join(', ')}`;
}
