import { messageOf } from '../contracts/errors.ts';
import type { EvaluationContext, Submission, Verdict } from '../contracts/evaluator.ts';
import { jobsOf } from './jobs.ts';
import { failedEvaluation, judge } from './judge.ts';
import { runGroupedJobs } from './run-grouped-jobs.ts';

/** Runs the jobs of submissions. Yields a submission's verdict as soon as the result of its last job arrives. */
export async function* evaluateSubmissions(
  submissions: readonly Submission[],
  context: EvaluationContext,
): AsyncGenerator<Verdict> {
  const jobs = (submission: Submission): ReturnType<typeof jobsOf> => jobsOf(submission, context);
  for await (const { item: submission, ...outcome } of runGroupedJobs(submissions, jobs, context))
    yield {
      submission,
      evaluation:
        'results' in outcome
          ? judge(submission, outcome.results, context)
          : failedEvaluation(messageOf(outcome.error)),
    };
}
