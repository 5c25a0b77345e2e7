import type { Evaluator } from '../contracts/evaluator.ts';
import { evaluateSubmissions } from '../evaluation/evaluate-submissions.ts';

/** The built-in evaluator: merges the patches and runs the hidden tests. */
export const testsEvaluator: Evaluator = { evaluate: evaluateSubmissions };
