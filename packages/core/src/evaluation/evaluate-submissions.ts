import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../contracts/errors.ts';
import type { EvaluationContext, Submission, Verdict } from '../contracts/evaluator.ts';
import type { JobReport, JobResult } from '../contracts/jobs.ts';
import { isAsExpected, readCanary } from './canary.ts';
import { type ControlRequest, Controls, featuresWithoutTests } from './control.ts';
import { parseFacts } from './facts.ts';
import { canaryStep, jobsOf } from './jobs.ts';
import { failedEvaluation, judge } from './judge.ts';
import { runGroupedJobs } from './run-grouped-jobs.ts';
import { wasKilled } from './test-result.ts';

/** How long to wait before a task that was not usable is tried again, each time. */
const retryMs: readonly number[] = [15_000, 60_000];

/** A submission whose verdict needs more than the results of its jobs. */
interface OpenSubmission {
  readonly submission: Submission;
  readonly results: readonly JobResult[];
  readonly requests: readonly ControlRequest[];
}

/**
 * Evaluates submissions in rounds: runs their jobs, and yields a verdict as soon as the last result of a submission arrives.
 * Then come the submissions that need more: those whose sandbox was lost or whose runner was killed are repeated once; about
 * the others, a control decides. Those of tasks that are not usable are tried again after a while.
 */
export class SubmissionEvaluator {
  readonly #controls: Controls;
  readonly #retryMs: readonly number[];

  constructor(controls: Controls = new Controls(), waits: readonly number[] = retryMs) {
    this.#controls = controls;
    this.#retryMs = waits;
  }

  async *evaluate(submissions: readonly Submission[], context: EvaluationContext): AsyncGenerator<Verdict> {
    const verdict = (submission: Submission, results: readonly JobResult[]): Verdict => ({
      submission,
      evaluation: judge(submission, results, context, this.#controls),
    });
    const repeated = new Set<Submission>();
    const waits = [...this.#retryMs];
    for (let pending = submissions; pending.length > 0; ) {
      const open: OpenSubmission[] = [];
      const again: Submission[] = [];
      const jobs = (submission: Submission): ReturnType<typeof jobsOf> => jobsOf(submission, context);
      for await (const { item: submission, ...outcome } of runGroupedJobs(pending, jobs, context)) {
        if ('error' in outcome) {
          yield { submission, evaluation: failedEvaluation(messageOf(outcome.error)) };
          continue;
        }
        const { results } = outcome;
        if (wasInterrupted(submission, results) && !repeated.has(submission)) {
          repeated.add(submission);
          again.push(submission);
          continue;
        }
        const requests = requestsOf(submission, results);
        if (requests.length > 0) open.push({ submission, results, requests });
        else yield verdict(submission, results);
      }
      await this.#controls.answer(
        open.flatMap(({ requests }) => requests),
        context,
      );
      const unusable = open.filter((one) => this.#isUnusable(one));
      const wait = unusable.length > 0 ? waits.shift() : undefined;
      for (const one of open) {
        if (wait !== undefined && unusable.includes(one)) again.push(one.submission);
        else yield verdict(one.submission, one.results);
      }
      if (wait !== undefined) await sleep(wait, undefined, { signal: context.signal });
      pending = again;
    }
  }

  #isUnusable({ requests }: OpenSubmission): boolean {
    return requests.some(
      ({ task, feature, question }) =>
        question === 'runs' && this.#controls.resultOf(task, feature)?.status === 'unusable',
    );
  }
}

function reportsOf(results: readonly JobResult[]): JobReport[] {
  return results.filter((result) => 'markedLines' in result);
}

/** Whether the sandbox of a tree was lost while tests ran, or something killed a runner before its time was up. */
function wasInterrupted({ task }: Submission, results: readonly JobResult[]): boolean {
  return reportsOf(results).some(
    ({ lost, steps }) =>
      lost !== undefined || [...(steps?.values() ?? [])].some((step) => wasKilled(step, task)),
  );
}

/** What a verdict on these results depends on besides them. */
function requestsOf(submission: Submission, results: readonly JobResult[]): ControlRequest[] {
  const { task } = submission;
  return reportsOf(results).flatMap((report): ControlRequest[] => {
    const run = readCanary(parseFacts(report.markedLines), report.steps?.get(canaryStep));
    const without = featuresWithoutTests(submission, report);
    return [
      ...without.map((feature) => ({ task, feature, question: 'runs' as const })),
      ...(run && !isAsExpected(run) ? [{ task, feature: run.feature, question: 'canary' as const }] : []),
    ];
  });
}
