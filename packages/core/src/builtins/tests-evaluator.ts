import { eachAtOnce } from '../async/each-at-once.ts';
import type { EvaluationContext, Evaluator, Submission, Verdict } from '../contracts/evaluator.ts';
import { evaluateSubmission } from '../evaluation/evaluate-submission.ts';

/** The built-in evaluator: merge, then run the hidden tests in a sandbox a submission. */
export const testsEvaluator: Evaluator = {
  evaluate(submissions: readonly Submission[], context: EvaluationContext): AsyncIterable<Verdict> {
    return eachAtOnce(submissions, context.concurrency, async (submission) => ({
      submission,
      evaluation: await evaluateSubmission(submission, context),
    }));
  },
};
