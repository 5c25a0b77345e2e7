import {
  CooperBenchError,
  type Evaluation,
  type EvaluationContext,
  type Evaluator,
  type FeatureOfTask,
  type FeatureSet,
  failedEvaluation,
  type GoldenMerge,
  type GoldenRun,
  iterateUntilAborted,
  type Submission,
  type Verdict,
} from '@cooperbench/core';
import { createFaultMidwayError } from '@cooperbench/core/host';
import type { EvaluatorService } from '../services/open-evaluator.ts';

/**
 * Runs an evaluator and checks that it yields one complete verdict for each submission. A submission that it leaves out, or
 * that lost a seat to infrastructure, gets a verdict with `error`, so that the next evaluation tries it again. `title`
 * begins error messages. `closing` aborts when an aborted evaluator has had its time to end. @throws CooperBenchError `PLUGIN_FAULT`; any CooperBenchError of the evaluator; the signal's reason.
 */
export async function* runEvaluator(
  title: string,
  evaluator: Evaluator,
  submissions: readonly Submission[],
  context: EvaluationContext,
  closingSignal: AbortSignal,
): AsyncGenerator<Verdict> {
  const completeSubmissions = submissions.filter(({ lost }) => lost === undefined);
  for (const submission of submissions)
    if (submission.lost !== undefined) yield { submission, evaluation: failedEvaluation(submission.lost) };
  if (completeSubmissions.length === 0) return;
  const submissionsById = new Map(completeSubmissions.map((submission) => [submission.id, submission]));
  const askedIds = new Set(submissionsById.keys());
  try {
    for await (const verdict of iterateUntilAborted(
      checkIterable(evaluator.evaluate(completeSubmissions, context), 'evaluate'),
      closingSignal,
    )) {
      const id = getIdOf(verdict);
      if (!askedIds.has(id)) throw new TypeError(`it gave a verdict on ${id}, which it was not asked for.`);
      const submission = submissionsById.get(id);
      if (!submission) throw new TypeError(`it gave two verdicts on ${id}.`);
      const missing = listInvalidFields(verdict.evaluation);
      if (missing.length > 0) throw new TypeError(`its verdict on ${id} lacks ${missing.join(', ')}.`);
      const unfit = findUnfitMetric(verdict.evaluation, evaluator.metrics);
      if (unfit !== undefined) throw new TypeError(`its verdict on ${id} has the metric ${unfit}.`);
      submissionsById.delete(id);
      yield { submission, evaluation: verdict.evaluation };
    }
  } catch (error) {
    context.signal?.throwIfAborted();
    if (CooperBenchError.is(error)) throw error;
    throw createFaultMidwayError(`${title} failed`, error);
  }
  context.signal?.throwIfAborted();
  for (const submission of submissionsById.values())
    yield { submission, evaluation: failedEvaluation('the evaluator gave no verdict') };
}

/** The parts of a run's evaluator that `runGolden` and `mergeGolden` use. */
type Golden = Pick<EvaluatorService, 'evaluator' | 'title'>;

/**
 * Has an evaluator test golden patches. A feature that it leaves out gets an outcome that says so.
 * @throws CooperBenchError `PLUGIN_FAULT`; any CooperBenchError of the evaluator; the signal's reason.
 */
export async function* runGolden(
  { evaluator, title }: Golden,
  features: readonly FeatureOfTask[],
  context: Pick<EvaluationContext, 'runJobs' | 'signal'>,
  closingSignal: AbortSignal,
): AsyncGenerator<GoldenRun> {
  const waitingFeatures = new Set(features);
  const start = (): AsyncIterable<GoldenRun> => {
    if (!evaluator.runGolden) throw new TypeError('it has no runGolden, so it makes no references.');
    return checkIterable(evaluator.runGolden(features, context), 'runGolden');
  };
  yield* goldenAnswers(title, start, (run) => waitingFeatures.delete(run?.target), context, closingSignal);
  for (const target of waitingFeatures)
    yield { target, outcome: { failed: 'the evaluator tested nothing', isInfrastructure: true } };
}

/** Has an evaluator merge golden patches. A group that it leaves out gets an error. @throws as `runGolden`. */
export async function* mergeGolden(
  { evaluator, title }: Golden,
  groups: readonly FeatureSet[],
  context: Pick<EvaluationContext, 'runJobs' | 'policy' | 'signal'>,
  closingSignal: AbortSignal,
): AsyncGenerator<GoldenMerge> {
  const waitingGroups = new Set(groups);
  const start = (): AsyncIterable<GoldenMerge> => {
    if (!evaluator.mergeGolden) throw new TypeError('it has no mergeGolden, so it merges nothing.');
    return checkIterable(evaluator.mergeGolden(groups, context), 'mergeGolden');
  };
  yield* goldenAnswers(title, start, (merge) => waitingGroups.delete(merge?.group), context, closingSignal);
  for (const group of waitingGroups) yield { group, error: 'the evaluator merged nothing' };
}

/** `accept`: whether it was asked for this answer, and has not given it before. */
async function* goldenAnswers<T>(
  title: string,
  start: () => AsyncIterable<T>,
  accept: (result: T) => boolean,
  { signal }: Pick<EvaluationContext, 'signal'>,
  closingSignal: AbortSignal,
): AsyncGenerator<T> {
  try {
    for await (const result of iterateUntilAborted(start(), closingSignal)) {
      if (!accept(result)) throw new TypeError('it gave a run that it was not asked for.');
      yield result;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (CooperBenchError.is(error)) throw error;
    throw createFaultMidwayError(`${title} failed`, error);
  }
  signal?.throwIfAborted();
}

function checkIterable<T>(iterable: AsyncIterable<T>, method: string): AsyncIterable<T> {
  if (typeof iterable?.[Symbol.asyncIterator] === 'function') return iterable;
  throw new TypeError(`what ${method} returns is not an AsyncIterable, as of async *${method}().`);
}

function getIdOf(verdict: Partial<Verdict> | undefined): string {
  const id = verdict?.submission?.id;
  if (typeof id === 'string') return id;
  throw new TypeError('one of its verdicts has no submission.');
}

/** Lists the fields of a verdict that are missing or have the wrong type. */
function listInvalidFields(evaluation: Evaluation | undefined): string[] {
  const result = evaluation as Readonly<Record<string, unknown>> | undefined;
  const hasExpectedType = (key: string, model: unknown): boolean => {
    const value = result?.[key];
    if (key === 'error') return value === null || typeof value === 'string';
    return model === null ? value !== undefined : value !== null && typeof value === typeof model;
  };
  return Object.entries(failedEvaluation(''))
    .filter(([key, model]) => !hasExpectedType(key, model))
    .map(([key]) => key);
}

/** A metric of a verdict that is not declared, or has no value that a report can show. */
function findUnfitMetric({ metrics }: Evaluation, declared: Evaluator['metrics'] = {}): string | undefined {
  if (metrics === undefined) return undefined;
  for (const [name, value] of Object.entries(metrics ?? { null: metrics })) {
    if (!Object.hasOwn(declared, name)) return `"${name}", which its "metrics" do not declare`;
    const isValid =
      typeof value === 'number' ? Number.isFinite(value) : ['boolean', 'string'].includes(typeof value);
    if (!isValid) return `"${name}" with the value ${String(value)}, expected a number, a boolean or a text`;
  }
  return undefined;
}
