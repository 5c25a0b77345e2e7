import type { MergePolicy } from '@cooperbench/core';

/** Where lines conflict, those of the branch that is merged into stay. It stands for the seats before this one. */
export const mergePolicy: MergePolicy = {
  strategy: '__name__',
  // Runs in a sandbox, in a repository made for the merge. `$1` is the branch to merge.
  onConflict: `
    git merge -q --no-edit -X ours -m merge "$1" && exit 0
    # A conflict that is not about lines, such as a change of a removed file, stays one.
    git merge --abort
    exit 1
  `,
};
