import { isDeepStrictEqual } from 'node:util';
import type { MergePolicy, Submission, Verdict } from '@cooperbench/core';
import {
  buildStatus,
  type EvaluationFile,
  type FurtherVerdict,
  findPolicy,
  impliedVerdict,
  listStoredVerdicts,
  type SharedKey,
  type StoredVerdict,
  toSnakeKeys,
} from '@cooperbench/records';
import type { EventStream } from '../trial/event-stream.ts';

/** Every merge policy that the loaded plugins provide, by name. */
export type Policies = ReadonlyMap<string, MergePolicy>;

/** What core knows about a verdict that the evaluator does not say. */
export type VerdictOrigin = Pick<
  StoredVerdict,
  | 'evaluated_at'
  | 'inputs_hash'
  | 'merge_policy_hash'
  | 'evaluator'
  | 'backend'
  | 'network'
  | 'versions'
  | 'metric_definitions'
>;

/**
 * Builds the content of eval.json with a new verdict. It replaces the stored one under the same policy. Verdicts under other
 * policies stay as they are.
 */
export function buildFileWithVerdict(
  evaluationFile: Partial<EvaluationFile> | undefined,
  { submission, evaluation }: Verdict,
  origin: VerdictOrigin,
  policy: string,
  policies: Policies,
): EvaluationFile {
  const { features, judged, setting, task } = submission;
  const verdict = toSnakeKeys(evaluation);
  const [first, second] = features.map((id) => verdict.features_results[id]);
  const identity = {
    schema_version: 1,
    repo: task.repo,
    task_id: task.taskId,
    features,
    setting,
    merge_policy: judged === 'single' ? null : policy,
  } as const;
  const newVerdict: EvaluationFile = {
    ...identity,
    ...verdict,
    warm_layer: verdict.warm_layer ?? null,
    // A plugin may give more than an evaluation.
    ...identity,
    policies: {},
    feature1: first ?? null,
    feature2: second ?? null,
    ...origin,
  };
  const storedPolicy = evaluationFile && findPolicy(evaluationFile);
  const isFurther = typeof storedPolicy === 'string' && storedPolicy !== policy && judged === 'merge';
  const otherVerdicts =
    evaluationFile && judged === 'merge' ? listStoredVerdicts(evaluationFile).slice(1) : [];
  const furtherVerdicts = otherVerdicts.filter(
    (verdict) => findPolicy(verdict) !== policy,
  ) as EvaluationFile[];
  const top = isFurther ? (evaluationFile as EvaluationFile) : newVerdict;
  return withPolicies(
    withFurther(top, isFurther ? [...furtherVerdicts, newVerdict] : furtherVerdicts),
    submission,
    policies,
  );
}

/** Returns a file without the verdict under a policy. The verdict at the top level stays. */
export function dropVerdict(
  evaluationFile: Partial<EvaluationFile>,
  policy: string,
): Partial<EvaluationFile> {
  const otherVerdicts = listStoredVerdicts(evaluationFile)
    .slice(1)
    .filter((verdict) => findPolicy(verdict) !== policy);
  return withFurther(evaluationFile as EvaluationFile, otherVerdicts as EvaluationFile[]);
}

/** States under which policies the pair passes, as far as the file's verdicts decide. */
export function withPolicies<F extends Partial<EvaluationFile>>(
  file: F,
  { judged, patches }: Pick<Submission, 'judged' | 'patches'>,
  policies: Policies,
): F & Pick<EvaluationFile, 'policies'> {
  if (judged === 'single') return { ...file, policies: {} };
  const valid = listStoredVerdicts(file).filter(({ error }) => !error);
  const newestVerdict = valid.reduce<Partial<EvaluationFile> | undefined>(
    (left, right) => ((left?.evaluated_at ?? '') > (right.evaluated_at ?? '') ? left : right),
    undefined,
  );
  const current = valid.filter(({ inputs_hash }) => inputs_hash === newestVerdict?.inputs_hash);
  const implied = [...policies].flatMap(([name, policy]) => {
    const passed = current
      .map((verdict) => impliedVerdict(verdict, policy, patches[0]?.seat))
      .find((verdict) => verdict !== undefined);
    return passed === undefined ? [] : [[name, passed] as const];
  });
  const impliedVerdicts = valid.flatMap((verdict) => {
    const name = findPolicy(verdict);
    return name === null ? [] : [[name, verdict.both_passed === true] as const];
  });
  return { ...file, policies: Object.fromEntries([...implied, ...impliedVerdicts]) };
}

function withFurther(top: EvaluationFile, furtherVerdicts: readonly EvaluationFile[]): EvaluationFile {
  const { verdicts: _, ...rest } = top;
  if (furtherVerdicts.length === 0) return rest;
  const entries = furtherVerdicts.map(
    (verdict) => [findPolicy(verdict), buildFurtherVerdict(top, verdict)] as const,
  );
  return { ...rest, verdicts: Object.fromEntries(entries) };
}

const sharedKeys: readonly SharedKey[] = [
  ...([
    'apply_status',
    'individual',
    'dropped',
    'evaluator',
    'backend',
    'network',
    'versions',
    'warm_layer',
    'metric_definitions',
  ] as const),
];

function buildFurtherVerdict(top: EvaluationFile, verdict: EvaluationFile): FurtherVerdict {
  const { merge, features_results, merged, both_passed, overall_success, error, metrics } = verdict;
  const { evaluated_at, inputs_hash, merge_policy_hash } = verdict;
  const different = sharedKeys.filter((key) => !isDeepStrictEqual(top[key], verdict[key]));
  return {
    ...{ merge, features_results, merged, both_passed, overall_success, error },
    ...{ evaluated_at, inputs_hash, merge_policy_hash },
    ...(metrics !== undefined && { metrics }),
    ...Object.fromEntries(different.map((key) => [key, verdict[key]])),
  };
}

/** Emits a verdict as an event. */
export function emitVerdict({ submission, evaluation }: Verdict, events: EventStream): void {
  const features = Object.values(evaluation.featuresResults);
  events.emit({
    type: 'verdict',
    trial: submission.id,
    status: buildStatus({ error: evaluation.error, both_passed: evaluation.bothPassed }),
    both_passed: evaluation.bothPassed,
    overall_success: evaluation.overallSuccess,
    merge: evaluation.merge?.status ?? null,
    strategy: evaluation.merge?.strategy ?? null,
    error: evaluation.error,
    unrecognised: features.some((feature) => feature.unrecognised === true),
    missing_tests: features.some((feature) => feature.missingTests !== undefined),
    framework_patched: [...features, ...Object.values(evaluation.individual ?? {})].some(
      (result) => result.frameworkPatched === true,
    ),
  });
}
