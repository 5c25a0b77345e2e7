import { createHash } from 'node:crypto';
import type { Evaluator } from '../contracts/evaluator.ts';
import { describeCanaries } from '../evaluation/canary.ts';
import { SubmissionEvaluator } from '../evaluation/evaluate-submissions.ts';
import { parsersVersion } from '../evaluation/parsers/index.ts';
import { evaluationProgram } from '../evaluation/program.ts';
import { dropRules } from '../evaluation/test-file-rule.ts';
import { testProgram } from '../evaluation/test-program.ts';
import { makeWarmLayers } from '../evaluation/warm-layers.ts';

/** Raise it when the same output of the programs leads to another verdict. */
const judgeVersion = 3;

/** The built-in evaluator: merges the patches and runs the hidden tests. */
export const testsEvaluator: Evaluator = {
  evaluate: (submissions, context) => new SubmissionEvaluator().evaluate(submissions, context),
  async prepare(tasks, context) {
    await makeWarmLayers(tasks, context);
  },
  fingerprint() {
    const rules = dropRules({ protectedPaths: [] });
    const parts = [evaluationProgram, testProgram, rules, describeCanaries(), parsersVersion, judgeVersion];
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  },
};
