/**
 * Resolves patches that do not merge cleanly. Core makes clean merges itself (`naive`). A policy applies only when a
 * merge conflicts or a patch does not apply.
 */
export interface MergePolicy {
  /** `merge.strategy` in eval.json when the policy resolved the merge. */
  readonly strategy: string;
  /**
   * POSIX sh that runs in a repository made for the merge, with the conflicting merge undone: HEAD is the branch to merge
   * into, `$1` the branch to merge. Its work tree is empty, and its `info/attributes` switches off all attributes of the
   * trees: a script may add lines, which count for this merge. Exits 0 once it is committed. If absent, conflicts stay.
   */
  readonly onConflict?: string;
  /** When patches cannot be merged or one does not apply, evaluation tests this seat's patch alone. */
  readonly fallback?: 'first';
}
