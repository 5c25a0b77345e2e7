import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ControlResult,
  type EvaluationContext,
  failedEvaluation,
  getMessage,
  type JobReport,
  type JobResult,
  type Submission,
  type Verdict,
} from '@cooperbench/core';
import { isAsExpected, judgeCanary, readCanary } from './canary.ts';
import { CanaryPatches } from './canary-patches.ts';
import { type ControlRequest, Controls, listFeaturesWithoutTests } from './control.ts';
import { parseFacts } from './facts.ts';
import { buildCanaryJob, canaryStep, type JobContext, jobsOf } from './jobs.ts';
import { buildUnsoundEvaluation, buildUnusableEvaluation, judge } from './judge.ts';
import { ResultStore, type StoredResults } from './result-store.ts';
import { runGroupedJobs } from './run-grouped-jobs.ts';
import { findCanaryTrouble, findFaultBeforeTests, findTroubles, type Trouble } from './trouble.ts';
import { makeWarmLayers } from './warm-layers.ts';

/** How long to wait before a task that was not usable is tried again, each time. */
const retryMs: readonly number[] = [15_000, 60_000];

/** A submission whose verdict needs more than the results of its jobs. */
interface OpenSubmission {
  readonly submission: Submission;
  readonly results: readonly JobResult[];
  readonly requests: readonly ControlRequest[];
  /** The control that found the machine sound after tests had failed twice with a sign of trouble. */
  readonly control?: ControlResult | undefined;
  /** Ids of the jobs whose canary ran alone. */
  readonly canariesAlone?: ReadonlySet<string>;
}

/** The same while it waits. */
type WaitingSubmission = Omit<OpenSubmission, 'results'> & { readonly results: StoredResults };

/**
 * Evaluates submissions in rounds: runs their jobs, and yields a verdict as soon as the last result of a submission arrives.
 * Then come the submissions that need more. A tree that failed before its tests, or with a sign that the machine may be at
 * fault, is repeated once, alone, and the second time counts. If there is a sign again, a control on the same machine decides:
 * what fails there as well is an error, and everything else the doing of the code under test. About trees without tests and
 * about canaries, a control decides, too, and about a task whose runner ran no test on the base. Submissions of tasks that are
 * not usable are tried again after a while.
 */
export class SubmissionEvaluator {
  readonly #controls: Controls;
  readonly #retryMs: readonly number[];
  readonly #memoryBytes: number | undefined;

  readonly #canaries: CanaryPatches;

  /** `memoryBytes` limits the results in memory whose verdict needs more. */
  constructor(
    controls: Controls = new Controls(),
    waitsMs: readonly number[] = retryMs,
    memoryBytes?: number,
    canaries: CanaryPatches = new CanaryPatches(),
  ) {
    this.#canaries = canaries;
    this.#controls = controls;
    this.#retryMs = waitsMs;
    this.#memoryBytes = memoryBytes;
  }

  async *evaluate(
    submissions: readonly Submission[],
    givenContext: EvaluationContext,
  ): AsyncGenerator<Verdict> {
    const withoutTests = new Set<string>();
    const tasks = submissions.map(({ task }) => task);
    const layers = await makeWarmLayers(tasks, givenContext, (task) => withoutTests.add(task.directory));
    const canaries = this.#canaries;
    const runJobs: typeof givenContext.runJobs = (jobs) => canaries.keepFrom(givenContext.runJobs(jobs));
    const context = { ...givenContext, layers, canaries, runJobs };
    const buildVerdict = (open: Omit<OpenSubmission, 'requests'>): Verdict => {
      const { submission, results, control, canariesAlone } = open;
      const evaluation = judge(submission, results, context, this.#controls, canariesAlone);
      const warmLayer = layers.get(submission.task.directory) ?? null;
      return { submission, evaluation: { ...(control && { control }), ...evaluation, warmLayer } };
    };
    const waitsMs = [...this.#retryMs];
    for (let pending = submissions; pending.length > 0; ) {
      await using store = new ResultStore(this.#memoryBytes);
      const open: WaitingSubmission[] = [];
      const doubtfulSubmissions: { submission: Submission; results: StoredResults }[] = [];
      const retriedSubmissions: Submission[] = [];
      const suspects = pending.filter(({ task }) => withoutTests.has(task.directory));
      const unusableResults = await this.#findUnusable(suspects, context);
      const ready = pending.filter((submission) => !unusableResults.has(submission));
      const buildJobs = (submission: Submission): ReturnType<typeof jobsOf> => jobsOf(submission, context);
      for await (const { item: submission, ...outcome } of runGroupedJobs(ready, buildJobs, context)) {
        if ('error' in outcome) {
          yield { submission, evaluation: failedEvaluation(getMessage(outcome.error)) };
          continue;
        }
        const { results } = outcome;
        const requests = listRequests(submission, results);
        if (results.some((result) => isDoubtful(submission, result)))
          doubtfulSubmissions.push({ submission, results: await store.add(results) });
        else if (requests.length > 0) open.push({ submission, results: await store.add(results), requests });
        else yield buildVerdict({ submission, results });
      }
      for (const { submission, results } of doubtfulSubmissions) {
        const second = await this.#repeatAlone(submission, await results.take(), context);
        if ('evaluation' in second) yield { submission, evaluation: second.evaluation };
        else {
          const requests = listRequests(submission, second.results);
          open.push({ submission, ...second, requests, results: await store.add(second.results) });
        }
      }
      await this.#controls.answer(
        open.flatMap(({ requests }) => requests),
        context,
      );
      const unusableSubmissions = open.filter((waitingSubmission) => this.#isUnusable(waitingSubmission));
      const wait = unusableSubmissions.length + unusableResults.size > 0 ? waitsMs.shift() : undefined;
      for (const [submission, result] of unusableResults) {
        if (wait !== undefined) retriedSubmissions.push(submission);
        else yield { submission, evaluation: buildUnusableEvaluation(result) };
      }
      for (const waitingSubmission of open) {
        if (wait !== undefined && unusableSubmissions.includes(waitingSubmission))
          retriedSubmissions.push(waitingSubmission.submission);
        else {
          const repeatedResult = await this.#repeatCanaries(
            { ...waitingSubmission, results: await waitingSubmission.results.take() },
            context,
          );
          yield 'evaluation' in repeatedResult
            ? { submission: waitingSubmission.submission, ...repeatedResult }
            : buildVerdict(repeatedResult);
        }
      }
      if (wait !== undefined) await sleep(wait, undefined, { signal: context.signal });
      pending = retriedSubmissions;
    }
  }

  /** Those whose task's tests do not run with a golden patch either. */
  async #findUnusable(
    submissions: readonly Submission[],
    context: EvaluationContext & JobContext,
  ): Promise<Map<Submission, ControlResult>> {
    const request = ({ task, features: [feature = 0] }: Submission): ControlRequest => {
      return { task, feature, question: 'runs' };
    };
    if (submissions.length > 0) await this.#controls.answer(submissions.map(request), context);
    const controlResults = submissions.map(
      (submission) =>
        [submission, this.#controls.resultOf(submission.task, request(submission).feature)] as const,
    );
    return new Map(
      controlResults.flatMap(([submission, result]) =>
        result?.status === 'unusable' ? [[submission, result]] : [],
      ),
    );
  }

  /** Repeats the doubtful jobs, one at a time. Asks a control if there are signs of trouble again. */
  async #repeatAlone(
    submission: Submission,
    results: readonly JobResult[],
    context: EvaluationContext & JobContext,
  ): Promise<Pick<OpenSubmission, 'results' | 'control'> | Pick<Verdict, 'evaluation'>> {
    const second = [...results];
    const troubles: Trouble[] = [];
    for (const job of await jobsOf(submission, context)) {
      const index = results.findIndex(({ id }) => id === job.id);
      const first = results[index];
      if (!first || !isDoubtful(submission, first)) continue;
      for await (const result of context.runJobs([job])) {
        second[index] = result;
        troubles.push(...findTroublesOf(submission, result));
      }
    }
    let control: ControlResult | undefined;
    for (const feature of new Set(troubles.map((trouble) => trouble.feature))) {
      const looked = await this.#controls.lookAtMachine({ task: submission.task, feature }, context);
      if (looked.unsound !== undefined) return { evaluation: buildUnsoundEvaluation(looked.unsound) };
      if (looked.result.status === 'unusable') return { evaluation: buildUnusableEvaluation(looked.result) };
      control ??= looked.result;
    }
    return { results: second, control };
  }

  /**
   * Runs canaries that showed nothing again, alone in a fresh sandbox: the tests before them may have kept the runner from
   * them. Only of those that fail with the golden patch. Before one that shows nothing again counts, the machine must be sound.
   */
  async #repeatCanaries(
    open: OpenSubmission,
    context: EvaluationContext & JobContext,
  ): Promise<OpenSubmission | Pick<Verdict, 'evaluation'>> {
    const { submission, results } = open;
    const { task } = submission;
    const showsNothing = ({ markedLines, steps }: JobReport): boolean => {
      const run = readCanary(parseFacts(markedLines), steps?.get(canaryStep));
      const reference = run && this.#controls.canaryOf(task, run.feature);
      if (!run || !reference || !isAsExpected(reference)) return false;
      return judgeCanary(run, reference) === 'inconclusive';
    };
    const ids = new Set(
      listReports(results)
        .filter(showsNothing)
        .map(({ id }) => id),
    );
    if (ids.size === 0) return open;
    const jobs = (await jobsOf(submission, context)).filter(({ id }) => ids.has(id)).map(buildCanaryJob);
    const aloneResults = new Map<string, JobResult>();
    for await (const result of context.runJobs(jobs)) aloneResults.set(result.id, result);
    for (const id of ids) {
      const result = aloneResults.get(id);
      if (!result) return { evaluation: failedEvaluation('the backend gave no result') };
      if ('error' in result) return { evaluation: failedEvaluation(result.error) };
      const { canary } = parseFacts(result.markedLines);
      if (!canary || (result.steps?.has(canaryStep) && !showsNothing(result))) continue;
      const looked = await this.#controls.lookAtMachine({ task, feature: canary.feature }, context);
      if (looked.unsound !== undefined) return { evaluation: buildUnsoundEvaluation(looked.unsound) };
    }
    return {
      ...open,
      results: results.map((result) => withCanaryOf(aloneResults.get(result.id), result)),
      canariesAlone: ids,
    };
  }

  #isUnusable({ requests }: Pick<OpenSubmission, 'requests'>): boolean {
    return requests.some(
      ({ task, feature, question }) =>
        question === 'runs' && this.#controls.resultOf(task, feature)?.status === 'unusable',
    );
  }
}

/** Returns a result of a job, with the run of its canary that `alone` has. */
function withCanaryOf(aloneResult: JobResult | undefined, result: JobResult): JobResult {
  if (!aloneResult || !('markedLines' in aloneResult) || !('markedLines' in result))
    return aloneResult ?? result;
  const canary = aloneResult.steps?.get(canaryStep);
  const steps = new Map([...(result.steps ?? []), ...(canary ? [[canaryStep, canary] as const] : [])]);
  return { ...result, markedLines: aloneResult.markedLines, steps };
}

function listReports(results: readonly JobResult[]): JobReport[] {
  return results.filter((result) => 'markedLines' in result);
}

/**
 * Returns whether a job is to run again, alone. On the local backend, tests of another tree can fill the disk that all sandboxes
 * share, also while this job applies its patches.
 */
function isDoubtful(submission: Submission, result: JobResult): boolean {
  return hasFailedBeforeTests(result) || findTroublesOf(submission, result).length > 0;
}

/** Returns whether a job failed before any code under test ran. */
function hasFailedBeforeTests(result: JobResult): boolean {
  if (!('markedLines' in result)) return false;
  return result.endedEarly !== undefined || findFaultBeforeTests(result) !== undefined;
}

/** Finds the signs that the machine may be at fault. Returns none if the job failed before any test. */
function findTroublesOf(submission: Submission, result: JobResult): Trouble[] {
  if (!('markedLines' in result) || hasFailedBeforeTests(result)) return [];
  return [...findTroubles(result, submission), ...findCanaryTrouble(result)];
}

/** Returns what a verdict on these results depends on besides them. */
function listRequests(submission: Submission, results: readonly JobResult[]): ControlRequest[] {
  const { task } = submission;
  return listReports(results).flatMap((report): ControlRequest[] => {
    const run = readCanary(parseFacts(report.markedLines), report.steps?.get(canaryStep));
    const untestedFeatures = listFeaturesWithoutTests(submission, report);
    return [
      ...untestedFeatures.map((feature) => ({ task, feature, question: 'runs' as const })),
      ...(run && !isAsExpected(run) ? [{ task, feature: run.feature, question: 'canary' as const }] : []),
    ];
  });
}
