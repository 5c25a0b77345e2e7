import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { type Evaluation, type MergePolicy, runJobsInSandboxes, type Submission } from '@cooperbench/core';
import { createTestsEvaluator } from '@cooperbench/evaluator-tests/parts';
import { evaluationContext } from './evaluation-context.ts';
import { hostBackend } from './host-backend.ts';
import { shellSubmissions } from './shell-submissions.ts';
import { addLine, formatNewFilePatch, shellTask } from './shell-task.ts';

/** One promise of every merge policy. */
export interface MergePolicyCase {
  readonly name: string;
  /** Merges in folders of this machine. Rejects when the policy breaks its promise. */
  check(policy: MergePolicy): Promise<void>;
}

const removed = `diff --git a/lib.txt b/lib.txt
deleted file mode 100644
--- a/lib.txt
+++ /dev/null
@@ -1,9 +0,0 @@
-top
-
-
-
-middle
-
-
-
-bottom
`;

/** Patches that conflict, and the only files that they change. */
const conflicts: readonly { name: string; files: readonly string[]; patches: readonly string[] }[] = [
  { name: 'lines at the same place', files: ['lib.txt'], patches: [addLine(1), addLine(1, 'other')] },
  { name: 'a change of a removed file', files: ['lib.txt'], patches: [addLine(1), removed] },
  {
    name: 'two new files with one name',
    files: ['new.txt'],
    patches: [formatNewFilePatch('new.txt', 'one\n'), formatNewFilePatch('new.txt', 'other\n')],
  },
  {
    name: 'three patches of one line',
    files: ['lib.txt'],
    patches: [addLine(1), addLine(1, 'other'), addLine(1, 'third')],
  },
];

/** Merges patches as the evaluator `tests` does. */
async function mergeUnder(policy: MergePolicy, patches: readonly string[]): Promise<Evaluation> {
  const dataset = shellTask();
  try {
    const [pair] = shellSubmissions(dataset);
    const submission: Submission = {
      ...(pair as Submission),
      patches: patches.map((patch, index) => ({
        seat: `agent${index + 1}`,
        features: [],
        patch: Buffer.from(patch),
      })),
    };
    const backend = hostBackend();
    const context = evaluationContext({
      policy: { name: 'policy', ...policy },
      runJobs: (jobs) => runJobsInSandboxes(backend, jobs, { concurrency: 1 }),
    });
    const [verdict] = await Array.fromAsync(createTestsEvaluator([]).evaluate([submission], context));
    assert.ok(verdict, 'there is no verdict');
    return verdict.evaluation;
  } finally {
    rmSync(dataset, { recursive: true, force: true });
  }
}

/** Returns a policy that fails where the script of another says that it has merged, and has committed no merge. */
const requireMerge = ({ onConflict, ...policy }: MergePolicy): MergePolicy => ({
  ...policy,
  ...(onConflict !== undefined && {
    onConflict: `(${onConflict}\n) || exit\ngit merge-base --is-ancestor "$1" HEAD\n`,
  }),
});

/** The promises of every merge policy. */
export const mergePolicyContract: readonly MergePolicyCase[] = [
  {
    name: 'the strategy is a name of its own, and the fallback is known',
    async check({ strategy, fallback }) {
      assert.match(strategy, /^[a-z][a-z0-9_-]{0,39}$/);
      assert.notEqual(strategy, 'naive', 'naive is the strategy of a merge without a conflict');
      assert.ok(fallback === undefined || fallback === 'first', `the fallback is ${fallback}`);
    },
  },
  ...conflicts.map(({ name, files, patches }) => ({
    name: `a conflict is committed or left, the same each time: ${name}`,
    async check(policy: MergePolicy) {
      const { error, merge } = await mergeUnder(policy, patches);
      assert.equal(error, null);
      assert.ok(merge);
      const secondEvaluation = await mergeUnder(requireMerge(policy), patches);
      assert.deepEqual(
        secondEvaluation.merge,
        merge,
        'the script exits with 0 and commits no merge, or merges otherwise',
      );
      if (merge.strategy === null) return;
      assert.equal(merge.strategy, policy.strategy);
      assert.doesNotMatch(merge.diff, /^\+(<{7}|>{7})/m, 'the merged tree has conflict markers');
      const changedFiles = [...merge.diff.matchAll(/^diff --git a\/(.+) b\//gm)].map(([, path]) => path);
      assert.deepEqual(
        changedFiles.filter((path) => !files.includes(path ?? '')),
        [],
        'the merge changes other files',
      );
    },
  })),
];
