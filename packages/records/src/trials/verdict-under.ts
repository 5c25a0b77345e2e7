import { explainUnmerged, type MergeResult } from '@cooperbench/core';
import type { EvaluationFile, FurtherVerdict, StoredFeatureResult } from '../formats/evaluation-file.ts';

type Verdict = Partial<EvaluationFile>;

/**
 * Finds the merge policy of a verdict. Returns null if no policy played a part, or the file does not say. The Python original
 * names none, but all of its strategies except for a plain merge.
 */
export function findPolicy({ merge_policy, merge }: Verdict): string | null {
  if (merge_policy !== undefined) return merge_policy;
  return merge?.policy ?? (merge?.strategy === 'naive' ? null : (merge?.strategy ?? null));
}

/** Returns whether another tool made the verdict. It has no hash, so nobody can tell whether its inputs have changed. */
export function isForeignVerdict({ inputs_hash }: Verdict): boolean {
  return inputs_hash === undefined;
}

/** Lists every verdict of an eval.json, the top level first. Each has all keys. */
export function listStoredVerdicts(file: Verdict): Verdict[] {
  const furtherVerdicts = Object.entries(file.verdicts ?? {});
  return [file, ...furtherVerdicts.map(([policy, verdict]) => expand(file, policy, verdict))];
}

/** Finds the verdict under a policy that eval.json contains or decides. Returns undefined if there is none. */
export function findVerdictUnder(file: Verdict, policy: string): Verdict | undefined {
  const verdicts = listStoredVerdicts(file);
  const [top] = verdicts;
  const matchingVerdict = verdicts.find((verdict) => findPolicy(verdict) === policy);
  if (matchingVerdict) return matchingVerdict;
  if (top && findPolicy(top) === null) return top;
  if (!file.policies || !Object.hasOwn(file.policies, policy)) return undefined;
  const current = verdicts.filter((verdict) => verdict.merge && !verdict.error && !isOutdated(file, verdict));
  const clean = current.find(({ merge }) => isClean(merge));
  if (clean) return renamePolicy(clean, policy, clean.merge ?? null);
  return file.policies[policy] || !current[0] ? undefined : createUnmergedVerdict(current[0], policy);
}

/** Returns whether a later verdict in the file was made from other inputs. Nobody can tell that of another tool's verdict. */
export function isOutdated(file: Verdict, verdict: Verdict): boolean {
  const { inputs_hash, evaluated_at = '' } = verdict;
  if (isForeignVerdict(verdict)) return false;
  return listStoredVerdicts(file).some(
    (otherVerdict) =>
      !isForeignVerdict(otherVerdict) &&
      otherVerdict.inputs_hash !== inputs_hash &&
      (otherVerdict.evaluated_at ?? '') > evaluated_at,
  );
}

/** Returns whether the patches merge without a conflict, which makes the same tree under every policy. */
export function isClean(merge: Verdict['merge']): boolean {
  return merge?.status === 'clean' && merge.strategy === 'naive';
}

function expand(file: Verdict, policy: string, verdict: FurtherVerdict): Verdict {
  return {
    ...file,
    // They are of the tree that the evaluator judged, which another policy makes in another way.
    metrics: undefined,
    ...verdict,
    ...buildFirstFeatures(file, verdict.features_results),
    merge_policy: policy,
  };
}

function renamePolicy(verdict: Verdict, policy: string, merge: MergeResult | null): Verdict {
  return { ...verdict, merge_policy: policy, merge: merge && { ...merge, policy } };
}

/** Creates the verdict under a policy that does not resolve the merge: nothing is tested but the seats' own patches. */
function createUnmergedVerdict(verdict: Verdict, policy: string): Verdict {
  const { status = 'error', conflicts = [] } = verdict.merge ?? {};
  const results = Object.entries(verdict.features_results ?? {}).map(([id, { feature_id, reference }]) => {
    const untested = { tests_passed: 0, tests_failed: 0, exit_code: null, test_output: '' };
    return [id, { feature_id, passed: false, ...untested, reference }] as const;
  });
  const features: Record<string, StoredFeatureResult> = Object.fromEntries(results);
  return {
    ...renamePolicy(verdict, policy, { status, strategy: null, policy, diff: '', conflicts }),
    features_results: features,
    ...buildFirstFeatures(verdict, features),
    merged: {
      ...{ success: false, tests_passed: 0, tests_failed: 0, merge_conflict: status === 'conflicts' },
      error: explainUnmerged(status, conflicts),
    },
    both_passed: false,
    overall_success: false,
    metrics: undefined,
  };
}

function buildFirstFeatures(
  { features = [] }: Verdict,
  results: Verdict['features_results'] = {},
): Pick<EvaluationFile, 'feature1' | 'feature2'> {
  const [first, second] = features.map((id) => results[id]);
  return { feature1: first ?? null, feature2: second ?? null };
}
