import {
  type ComparedReference,
  type ControlResult,
  type Evaluation,
  type EvaluationContext,
  explainFailure,
  explainUnmerged,
  type FeatureResult,
  failedEvaluation,
  hasPassed,
  type IndividualResult,
  type JobReport,
  type JobResult,
  type MergeResult,
  type Submission,
  type SubmittedPatch,
} from '@cooperbench/core';
import type { CanaryRun } from './canary.ts';
import { type Controls, listFeaturesWithoutTests } from './control.ts';
import type { Facts } from './facts.ts';
import { getJobId } from './jobs.ts';
import { createTaskUnusableError } from './task-unusable.ts';
import { buildTreeOutcome, createNotRunResult, type TreeOutcome, testResult } from './test-result.ts';
import { createMachineUnsoundError, findFaultBeforeTests } from './trouble.ts';

/**
 * Turns the results of all jobs of a submission into the verdict of eval.json. When infrastructure failed a job, or the task's
 * tests run with no patch, the verdict has an `error`. `controls`: what is known of golden patches. `canariesAlone`: ids of the
 * jobs whose canary ran alone. Pure.
 */
export function judge(
  submission: Submission,
  results: readonly JobResult[],
  { policy }: Pick<EvaluationContext, 'policy'>,
  controls?: Pick<Controls, 'resultOf' | 'canaryOf'>,
  canariesAlone: ReadonlySet<string> = new Set(),
): Evaluation {
  const failures = results.flatMap(listFailure);
  if (failures.length > 0) return failedEvaluation([...new Set(failures)].join('; '));
  const reports = results as readonly JobReport[];
  for (const report of reports) {
    const fault = findFaultBeforeTests(report);
    if (fault !== undefined) return buildUnsoundEvaluation(fault);
  }
  const control = findControl(submission, reports, controls);
  if (control?.status === 'unusable') return buildUnusableEvaluation(control);
  const findCanaryReference = (feature: number): CanaryRun | undefined =>
    controls?.canaryOf(submission.task, feature);
  const outcomes = new Map(
    reports.map((report) => [
      report.id,
      buildTreeOutcome(report, submission, findCanaryReference, canariesAlone.has(report.id)),
    ]),
  );
  const tree = outcomes.get(getJobId(submission));
  if (!tree) return failedEvaluation('there is no result of the merged tree');
  const { facts } = tree;
  const merges = submission.judged === 'merge';
  const features = submission.features.map((id): FeatureResult => {
    const result = testResult(tree, id);
    return { featureId: id, passed: hasPassed(result), ...result };
  });
  const bothPassed = features.every((feature) => feature.passed);
  const individual = merges ? (submission.individual ?? buildSeatResults(submission, outcomes)) : null;
  return {
    applyStatus: Object.fromEntries(facts.applied),
    merge: merges ? mergeResult(tree, policy) : null,
    featuresResults: Object.fromEntries(features.map((feature) => [String(feature.featureId), feature])),
    individual,
    merged: merges ? findMergedResult(features, facts, bothPassed) : null,
    dropped: facts.dropped,
    bothPassed,
    overallSuccess: bothPassed && Object.values(individual ?? {}).every((seat) => seat.success),
    error: null,
    ...(control && { control }),
  };
}

/**
 * Finds the control that decides about runs without a test. Returns undefined if there are no such runs, or nobody asked for a
 * control.
 */
function findControl(
  submission: Submission,
  reports: readonly JobReport[],
  controls: Pick<Controls, 'resultOf'> | undefined,
): ControlResult | undefined {
  const features = reports.flatMap((report) => listFeaturesWithoutTests(submission, report));
  const results = features.flatMap((feature) => controls?.resultOf(submission.task, feature) ?? []);
  return results.find(({ status }) => status === 'unusable') ?? results[0];
}

/** Builds the verdict on a submission whose task does not work with a golden patch either. */
export function buildUnusableEvaluation(control: ControlResult): Evaluation {
  const { message, code } = createTaskUnusableError(control.lastLine);
  return { ...failedEvaluation(message), errorCode: code, control };
}

/** Builds the verdict on a submission whose machine failed. */
export function buildUnsoundEvaluation(reason: string): Evaluation {
  const { message, code } = createMachineUnsoundError(reason);
  return { ...failedEvaluation(message), errorCode: code };
}

function listFailure(result: JobResult): string[] {
  if ('error' in result) return [result.error];
  if (!result.endedEarly) return [];
  const { exitCode, stderr } = result.endedEarly;
  return [`The evaluation program exited ${exitCode}: ${stderr.slice(-1000) || 'it printed nothing'}`];
}

function buildSeatResults(
  submission: Submission,
  outcomes: ReadonlyMap<string, TreeOutcome>,
): NonNullable<Evaluation['individual']> {
  const seatPatches = submission.patches.filter(({ features }) => features.length > 0);
  return Object.fromEntries(
    seatPatches.map((patch) => [patch.seat, buildSeatResult(patch, submission, outcomes)]),
  );
}

/** Judges a seat's patch alone, on the seat's own features. An empty patch has no outcome. */
function buildSeatResult(
  { seat, features, patch }: SubmittedPatch,
  submission: Submission,
  outcomes: ReadonlyMap<string, TreeOutcome>,
): IndividualResult {
  const tree = outcomes.get(getJobId(submission, seat));
  const applied = tree?.facts.applied.get(seat) ?? 'skipped';
  const unapplied = {
    skipped: patch.length > 0 ? 'all of the patch was dropped' : 'the patch is empty',
    failed: 'the patch does not apply',
    applied: null,
  };
  const results = features.map((id) => ({
    id,
    ...(tree ? testResult(tree, id) : createNotRunResult('', submission.references?.get(id))),
  }));
  const failures = results.flatMap(({ id, ...result }) => {
    const reason = explainFailure(result);
    return reason === null ? [] : [features.length > 1 ? `feature ${id}: ${reason}` : reason];
  });
  const [first] = results;
  const references = results.map(({ reference }) => reference ?? null);
  const missing = results.flatMap((result) => result.missingTests ?? []);
  const failing = results.flatMap((result) => result.failingTests ?? []);
  const killSignal = results.find((result) => result.killed !== undefined)?.killed;
  return {
    featureId: first?.id ?? 0,
    ...(features.length > 1 ? { features } : {}),
    success: applied === 'applied' && failures.length === 0,
    testsPassed: sum(results.map((result) => result.testsPassed)),
    testsFailed: sum(results.map((result) => result.testsFailed)),
    exitCode: (results.find((result) => result.exitCode !== 0) ?? first)?.exitCode ?? null,
    error: unapplied[applied] ?? (failures.join('; ') || null),
    testOutput: results.map((result) => result.testOutput).join('\n'),
    reference: references.reduce(addReferences),
    ...(missing.length > 0 ? { missingTests: missing } : {}),
    ...(failing.length > 0 ? { failingTests: failing.slice(0, 20) } : {}),
    ...(results.some((result) => result.timedOut) ? { timedOut: true as const } : {}),
    ...(killSignal !== undefined && { killed: killSignal }),
    ...(first?.canary ? { canary: first.canary } : {}),
    ...(results.some((result) => result.frameworkPatched) ? { frameworkPatched: true as const } : {}),
  };
}

function mergeResult({ facts, report }: TreeOutcome, policy: EvaluationContext['policy']): MergeResult {
  const { how, status } = facts.merge ?? { how: 'none', status: 'error' };
  const strategy = how === 'naive' ? 'naive' : how === 'none' ? null : policy.strategy;
  const diff = how === 'none' ? '' : Buffer.from(report.outputFiles.get('merged.patch') ?? []).toString();
  return { status, strategy, policy: policy.name, diff, conflicts: facts.conflicts };
}

function findMergedResult(
  features: readonly FeatureResult[],
  { merge, conflicts }: Facts,
  success: boolean,
): Evaluation['merged'] {
  const failures = features.flatMap((feature) =>
    feature.passed ? [] : [`feature ${feature.featureId}: ${explainFailure(feature)}`],
  );
  return {
    success,
    testsPassed: sum(features.map((feature) => feature.testsPassed)),
    testsFailed: sum(features.map((feature) => feature.testsFailed)),
    mergeConflict: merge?.status === 'conflicts',
    error: success
      ? null
      : merge?.how === 'none'
        ? explainUnmerged(merge.status, conflicts)
        : failures.join('; '),
  };
}

function addReferences(
  left: ComparedReference | null,
  right: ComparedReference | null,
): ComparedReference | null {
  if (!left || !right) return null;
  return {
    count: left.count + right.count,
    byName: left.byName && right.byName,
  };
}

/** Returns null when one of the counts is not known. */
function sum(counts: readonly (number | null)[]): number | null {
  return counts.reduce<number | null>(
    (total, count) => (total === null || count === null ? null : total + count),
    0,
  );
}
