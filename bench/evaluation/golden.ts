import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Backend,
  type EvaluationContext,
  type FeatureSet,
  keepSandboxes,
  runJobsInSandboxes,
  type Submission,
} from '../../packages/core/dist/index.js';
import tests from '../../packages/evaluator-tests/dist/index.js';
import { createContainer, discover, select, tokens } from '../../packages/runs/dist/index.js';
import { evaluationContext } from '../../packages/testing/dist/index.js';
import { compiledDataset, sampleDataset } from '../local-sandboxes.ts';

/** A pair of each task that merges, cleanly or by union: three trees and four calls of the runner, two on the merged tree. */
const sampleIds = ['recur_task/f1_f3', 'text_table_task/f1_f4', 'ttl_cache_task/f1_f2'];

/** The patches that two oracles hand in, for a pair of every sample task: Python and Node runners. */
export const pairs: readonly Submission[] = select(discover(sampleDataset))
  .filter(({ task, features }) =>
    sampleIds.includes(`${task.repo}/${features.map((id) => `f${id}`).join('_')}`),
  )
  .map(createGoldenSubmission);
if (pairs.length !== sampleIds.length) throw new Error('a pair of the sample dataset is not there any more');

/** The same of a task whose runner compiles, which has one pair. */
export const compiledPair: readonly Submission[] = select(discover(compiledDataset)).map(
  createGoldenSubmission,
);

/**
 * Evaluates submissions on a backend, in at most `sandboxes` at once. Rejects unless all merge and pass. `warm`: with warm layers,
 * if the backend keeps some.
 */
export async function createEvaluatorOn(
  backend: Backend,
  sandboxes: number,
  warm = false,
): Promise<(submissions: readonly Submission[]) => Promise<readonly { readonly mergedDiff: string }[]>> {
  const registry = createContainer([tests()]).get(tokens.registry);
  const evaluator = await registry.get('evaluators', 'tests').create();
  const jobOptions = { concurrency: sandboxes };
  const { hasKept } = backend;
  const keeper = hasKept && { create: backend.create.bind(backend), hasKept: hasKept.bind(backend) };
  const context: EvaluationContext = {
    ...evaluationContext(),
    runJobs: (jobs) => runJobsInSandboxes(backend, jobs, jobOptions),
    ...(warm && keeper && { keepSandboxes: (jobs) => keepSandboxes(keeper, jobs, jobOptions) }),
    policy: { name: 'union', ...(await registry.get('mergePolicies', 'union').create()) },
    runName: 'bench',
  };
  return async (submissions) => {
    // A submission may be there many times; its jobs must not share a name.
    const namedSubmissions = submissions.map((submission, index) => ({
      ...submission,
      id: `${submission.id}-${index}`,
    }));
    const verdicts = await Array.fromAsync(evaluator.evaluate(namedSubmissions, context));
    return verdicts.map(({ submission, evaluation: { error, merge, individual } }) => {
      if (error !== null) throw new Error(error);
      if (!merge?.diff || !individual?.agent1?.success)
        throw new Error(`${submission.id} does not merge, or its golden patches fail`);
      return { mergedDiff: merge.diff };
    });
  };
}

function createGoldenSubmission({ task, features }: FeatureSet): Submission {
  const patches = features.map((id, index) => ({
    seat: `agent${index + 1}`,
    features: [id],
    patch: readFileSync(join(task.directory, `feature${id}`, 'feature.patch')),
  }));
  const id = `coop/${task.repo}`;
  return { id, task, setting: 'coop', judged: 'merge', features, patches, untrusted: false };
}
