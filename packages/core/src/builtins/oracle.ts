import type { Agent } from '../contracts/agent.ts';
import { runCommand } from '../sandbox/command.ts';

/**
 * Applies each golden patch on its own branch, merges the branches as evaluation does, prints the diff and checks out the
 * base.
 */
const mergeProgram = `
set -eu
export GIT_AUTHOR_NAME=oracle GIT_AUTHOR_EMAIL=oracle@cooperbench.local GIT_COMMITTER_NAME=oracle GIT_COMMITTER_EMAIL=oracle@cooperbench.local
folder=$1 base=$(git rev-parse HEAD) others='' last=''
shift
for feature; do
  git checkout -q -B "oracle/$feature" "$base"
  git apply --index "$folder/$feature.patch"
  git commit -q -m "$feature"
  others="$others $last" last=oracle/$feature
done
for branch in $others; do
  git merge -q --no-edit -m merge "$branch" > /dev/null 2>&1 && continue
  git merge --abort
  # As the policy union does.
  echo '* merge=union' >> .git/info/attributes
  git merge -q --no-edit -m merge "$branch" > /dev/null
done
git diff --binary --full-index --no-renames "$base" HEAD
git checkout -q -f --detach "$base"
`;

/** Hands in the golden patches of its features, merged by union. A run with it validates a dataset and an installation. */
export const oracle: Agent = {
  async run(_task, { features, goldenPatch, workspace, signal, record }) {
    record({ type: 'log', text: `hands in the golden patch of ${features.join(', ')}` });
    if (!goldenPatch) throw new TypeError('Core passed no golden patches.');
    const golden = await Promise.all(features.map(goldenPatch));
    const [only] = golden;
    if (golden.length === 1 && only) return { status: 'Completed', patch: only };
    const folder = `${workspace.patchesDir}/oracle`;
    await Promise.all(
      features.map((id, index) =>
        workspace.writeFile(`${folder}/${id}.patch`, golden[index] ?? '', { signal }),
      ),
    );
    const argv = ['sh', '-c', mergeProgram, 'sh', folder, ...features.map(String)];
    const merged = await runCommand(workspace, argv, { signal, maxBytes: Number.POSITIVE_INFINITY });
    if (merged.exitCode === 0) return { status: 'Completed', patch: merged.stdout };
    return {
      status: 'Completed',
      patch: new Uint8Array(),
      error: 'the golden patches cannot be merged by union',
    };
  },
};
