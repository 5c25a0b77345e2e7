import type { FeatureSet, GoldenMerge } from '@cooperbench/core';

/** How the golden patches of a group merge, by merge policy. All say the same about conflicts. */
export interface CheckedMerge {
  readonly group: FeatureSet;
  readonly policies: ReadonlyMap<string, GoldenMerge>;
  /** The merge of the patches that apply, when others do not. If it is absent, all apply, or fewer than two. */
  readonly rest?: GoldenMerge | undefined;
}

/**
 * The file gold_conflict_report.json of the Python original, with the outcome of each merge policy besides. Groups that all have
 * two features are `pairs` there.
 */
export interface MergeReport {
  readonly summary: Readonly<Record<string, string | number>>;
  readonly per_task: Readonly<Record<string, TaskMerges>>;
  readonly all_results: readonly MergeResult[];
  readonly conflict_pairs?: readonly ConflictingGroup[];
  readonly conflict_groups?: readonly ConflictingGroup[];
}

interface TaskMerges {
  readonly total: number;
  readonly conflicts: number;
  readonly clean: number;
  readonly errors: number;
}

interface ConflictingGroup {
  readonly repo: string;
  readonly task_id: number;
  readonly features: readonly number[];
  readonly f1?: number;
  readonly f2?: number;
}

export interface MergeResult extends ConflictingGroup {
  /** It is null if infrastructure failed. As in the original, a patch that does not apply conflicts with none. */
  readonly has_conflict: boolean | null;
  readonly patch_apply_failed: readonly boolean[] | null;
  readonly patch1_apply_failed?: boolean | null;
  readonly patch2_apply_failed?: boolean | null;
  readonly error: string | null;
  readonly conflict_paths: readonly string[];
  /** By merge policy: `clean`, `resolved`, `fallback` (the first patch alone) or `unresolved`. */
  readonly policies: Readonly<Record<string, string>>;
}

export function mergeReport(merges: readonly CheckedMerge[], seconds: number): MergeReport {
  const results = merges.map(buildResult);
  const arePairs = results.every(({ features }) => features.length === 2);
  const conflicting = results.filter(({ has_conflict }) => has_conflict);
  const sizes = new Set(results.map(({ features }) => features.length));
  const counts = buildCounts(results);
  const conflicts = conflicting.map(({ repo, task_id, features }) => groupOf(repo, task_id, features));
  return {
    summary: {
      ...(sizes.size === 1 && { group_size: [...sizes][0] as number }),
      conflicts: counts.conflicts,
      clean_merges: counts.clean,
      errors: counts.errors,
      conflict_rate:
        results.length === 0 ? 'N/A' : `${((counts.conflicts / results.length) * 100).toFixed(1)}%`,
      elapsed_seconds: Math.round(seconds * 10) / 10,
      [arePairs ? 'total_pairs' : 'total_groups']: results.length,
    },
    per_task: Object.fromEntries(
      [...Map.groupBy(results, ({ repo, task_id }) => `${repo}/task${task_id}`)].map(
        ([task, taskResults]) => [task, buildCounts(taskResults)],
      ),
    ),
    all_results: results,
    ...(arePairs ? { conflict_pairs: conflicts } : { conflict_groups: conflicts }),
  };
}

function buildCounts(results: readonly MergeResult[]): TaskMerges {
  const count = (conflict: boolean | null): number =>
    results.filter(({ has_conflict }) => has_conflict === conflict).length;
  return { total: results.length, conflicts: count(true), clean: count(false), errors: count(null) };
}

function buildResult({ group: { task, features }, policies, rest }: CheckedMerge): MergeResult {
  const outcomes = [...policies.values(), ...(rest ? [rest] : [])];
  const failedOutcome = outcomes.find((merge) => 'error' in merge);
  const [firstMerge] = [...policies.values()].flatMap((merge) => ('error' in merge ? [] : [merge]));
  const error = failedOutcome && 'error' in failedOutcome ? failedOutcome.error : null;
  const merge = error === null ? firstMerge : undefined;
  const unapplied = merge?.applied.map((applied) => !applied) ?? null;
  const among = rest && !('error' in rest) ? rest : merge;
  const group = groupOf(task.repo, task.taskId, features);
  return {
    ...group,
    has_conflict: merge && among ? among.merge !== 'clean' && among.applied.every(Boolean) : null,
    patch_apply_failed: unapplied,
    ...(group.f1 !== undefined && {
      patch1_apply_failed: unapplied?.[0] ?? null,
      patch2_apply_failed: unapplied?.[1] ?? null,
    }),
    error,
    conflict_paths: merge ? (among?.conflicts ?? []) : [],
    policies: Object.fromEntries(
      [...policies].map(([name, goldenMerge]) => [
        name,
        'error' in goldenMerge ? 'error' : goldenMerge.merge,
      ]),
    ),
  };
}

function groupOf(repo: string, task_id: number, features: readonly number[]): ConflictingGroup {
  const [f1, f2] = features;
  const isPair = features.length === 2 && f1 !== undefined && f2 !== undefined;
  return { repo, task_id, features, ...(isPair && { f1, f2 }) };
}
