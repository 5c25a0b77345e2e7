import type { EvaluationFile, StoredTrial } from '@cooperbench/records';
import { findFailingTests, findFeatureResults } from '@cooperbench/report';
import type { TestRun, Text } from './model.ts';
import { buildText } from './texts.ts';

/** A run of hidden tests and its output. */
export interface TestRunWithOutput {
  readonly run: TestRun;
  readonly output: Text;
}

/** Returns the runs of hidden tests of a trial, failing ones first. */
export function testRuns(
  evaluation: Partial<EvaluationFile> | undefined,
  { features }: Pick<StoredTrial, 'features'>,
): TestRunWithOutput[] {
  if (evaluation === undefined) return [];
  const merged = findFeatureResults(evaluation).map((result) => ({
    id: `merged-${result.feature_id}`,
    scope: 'merged' as const,
    seat: null,
    features: [result.feature_id],
    passed: result.passed === true,
    result: { ...result, error: null },
  }));
  const individualRuns = Object.entries(evaluation.individual ?? {}).map(([seat, result]) => ({
    id: `alone-${seat}`,
    scope: 'alone' as const,
    seat,
    features: result.features ?? [result.feature_id ?? features[0] ?? 0],
    passed: result.success === true,
    result: { ...result, unrecognised: false },
  }));
  return [...merged, ...individualRuns]
    .sort((left, right) => Number(left.passed) - Number(right.passed))
    .map(({ result, ...run }) => {
      const output = String(result.test_output ?? '');
      return {
        run: {
          ...run,
          tests_passed: result.tests_passed ?? null,
          tests_failed: result.tests_failed ?? null,
          exit_code: result.exit_code ?? null,
          timed_out: result.timed_out === true,
          unrecognised: result.unrecognised === true,
          framework_patched: result.framework_patched === true,
          missing_tests: result.missing_tests ?? [],
          error: result.error ?? null,
          failing: run.passed ? [] : findFailingTests(result).map((test) => ({ ...test, suspects: [] })),
        },
        output: buildText(output),
      };
    });
}
