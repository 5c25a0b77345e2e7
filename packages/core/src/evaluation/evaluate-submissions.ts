import { messageOf } from '../contracts/errors.ts';
import type { EvaluationContext, Submission, Verdict } from '../contracts/evaluator.ts';
import type { Job, JobResult } from '../contracts/jobs.ts';
import { jobsOf } from './jobs.ts';
import { failedEvaluation, judge } from './judge.ts';

/** Runs the jobs of submissions. Yields a submission's verdict as soon as the result of its last job arrives. */
export async function* evaluateSubmissions(
  submissions: readonly Submission[],
  context: EvaluationContext,
): AsyncGenerator<Verdict> {
  const unprepared: Verdict[] = [];
  const pending = new Map<string, (result: JobResult) => Verdict | undefined>();
  const jobs = async function* (): AsyncGenerator<Job> {
    for (const submission of submissions) {
      const jobs = await jobsOf(submission, context).catch((error: unknown) => {
        unprepared.push({ submission, evaluation: failedEvaluation(messageOf(error)) });
        return [];
      });
      const results: JobResult[] = [];
      const expected = jobs.length;
      const add = (result: JobResult): Verdict | undefined => {
        if (results.push(result) < expected) return undefined;
        return { submission, evaluation: judge(submission, results, context) };
      };
      for (const { id } of jobs) pending.set(id, add);
      yield* jobs;
    }
  };
  for await (const result of context.runJobs(jobs())) {
    const verdict = pending.get(result.id)?.(result);
    pending.delete(result.id);
    if (verdict) yield verdict;
  }
  for (const [id, add] of pending) {
    const verdict = add({ id, error: 'the backend gave no result' });
    if (verdict) yield verdict;
  }
  yield* unprepared;
}
