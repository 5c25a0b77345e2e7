import type { Evaluation } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { fromSnakeKeys, toSnakeKeys } from './evaluation-keys.ts';

const result = { testsPassed: 1, testsFailed: 0, exitCode: 0, testOutput: 'exitCode stays' };
const evaluation: Evaluation = {
  applyStatus: { leadAgent: 'applied', test_writer: 'skipped' },
  merge: { status: 'clean', strategy: 'naive', policy: 'myPolicy', diff: '', conflicts: ['aB.py'] },
  featuresResults: { 1: { featureId: 1, passed: true, ...result, reference: { count: 1, byName: true } } },
  individual: { leadAgent: { featureId: 1, success: true, error: null, ...result, missingTests: ['testA'] } },
  merged: { success: true, testsPassed: 1, testsFailed: 0, mergeConflict: false, error: null },
  dropped: [{ seat: 'leadAgent', path: 'testA', rule: 'test file name' }],
  bothPassed: true,
  overallSuccess: true,
  error: null,
};

test('keys are spelled as the Python original does; names of seats and values stay', () => {
  const snakeKeys = toSnakeKeys(evaluation);
  expect(snakeKeys).toEqual({
    apply_status: { leadAgent: 'applied', test_writer: 'skipped' },
    merge: evaluation.merge,
    features_results: {
      1: {
        ...{ feature_id: 1, passed: true, tests_passed: 1, tests_failed: 0, exit_code: 0 },
        ...{ test_output: 'exitCode stays', reference: { count: 1, by_name: true } },
      },
    },
    individual: {
      leadAgent: {
        ...{ feature_id: 1, success: true, error: null, tests_passed: 1, tests_failed: 0, exit_code: 0 },
        ...{ test_output: 'exitCode stays', missing_tests: ['testA'] },
      },
    },
    merged: { success: true, tests_passed: 1, tests_failed: 0, merge_conflict: false, error: null },
    dropped: evaluation.dropped,
    ...{ both_passed: true, overall_success: true, error: null },
  });
  expect(fromSnakeKeys<Evaluation>(snakeKeys)).toEqual(evaluation);
});

test('what only the evaluator knows stays as it is', () => {
  const own = { myScore: { 'src/App.tsx': 0.9, featureId: 1 }, my_score: 2 };
  const snakeKeys = toSnakeKeys({ ...evaluation, ...own });
  expect(snakeKeys).toMatchObject(own);
  expect(fromSnakeKeys<Evaluation>(snakeKeys as never)).toEqual({ ...evaluation, ...own });
});
