import type { EvaluationSummary } from '@cooperbench/records';
import { expect, test } from 'vitest';
import { formatRepetitionLines } from './repetition-lines.ts';

const results = (verdicts: Record<string, 'passed' | 'failed' | 'error'>): EvaluationSummary['results'] =>
  Object.entries(verdicts).map(([run, status]) => ({ run, status }));

test('each setting has its chances that one, and that all, of the repetitions pass', () => {
  const lines = formatRepetitionLines(
    results({
      'coop/r/1/f1_f2': 'passed',
      'coop/r/1/f1_f2@2': 'failed',
      'coop/r/1/f1_f3': 'passed',
      'coop/r/1/f1_f3@2': 'passed',
      'solo/r/1/f1_f2': 'failed',
      'solo/r/1/f1_f2@2': 'failed',
    }),
  );
  expect(lines).toEqual([
    'coop: pass@2 100.0%, pass^2 50.0% (of 2 pairs with 2 verdicts)',
    'solo: pass@2 0.0%, pass^2 0.0% (of 1 pair with 2 verdicts)',
  ]);
});

test('an error is not a verdict, and without repetitions there is nothing to say', () => {
  const once = { 'coop/r/1/f1_f2': 'passed', 'coop/r/1/f1_f2@2': 'error' } as const;
  expect(formatRepetitionLines(results(once))).toEqual([]);
  expect(formatRepetitionLines([])).toEqual([]);
});
