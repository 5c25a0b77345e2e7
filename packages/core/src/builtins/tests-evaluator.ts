import { createHash } from 'node:crypto';
import type { Evaluator } from '../contracts/evaluator.ts';
import { evaluateSubmissions } from '../evaluation/evaluate-submissions.ts';
import { parsersVersion } from '../evaluation/parsers/index.ts';
import { evaluationProgram } from '../evaluation/program.ts';
import { dropRules } from '../evaluation/test-file-rule.ts';

/** The built-in evaluator: merges the patches and runs the hidden tests. */
export const testsEvaluator: Evaluator = {
  evaluate: evaluateSubmissions,
  fingerprint: () =>
    createHash('sha256')
      .update(JSON.stringify([evaluationProgram, dropRules({ protectedPaths: [] }), parsersVersion]))
      .digest('hex'),
};
