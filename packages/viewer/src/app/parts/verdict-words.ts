import type { PairRow } from '../../data/model.ts';

const verdicts = {
  passed: ['✓', 'passed'],
  failed: ['✗', 'failed'],
  error: ['!', 'lost'],
  none: ['○', 'not evaluated'],
  running: ['…', 'running'],
  evaluating: ['…', 'evaluating'],
} as const;

export function formatVerdictWord(verdict: PairRow['verdict']): string {
  return verdicts[verdict]?.[1] ?? verdict;
}

export function formatVerdictSign(verdict: PairRow['verdict']): string {
  return verdicts[verdict]?.[0] ?? '';
}
