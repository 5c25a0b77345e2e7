import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContainer, discover, select, tokens } from '../../packages/core/dist/host.js';
import type { Backend, EvaluationContext, FeatureSet, Submission } from '../../packages/core/dist/index.js';
import { sampleDataset } from '../local-sandboxes.ts';

/** A pair of each task that merges, cleanly or by union: four calls of the runner, two merged and two individual. */
const chosen = ['recur_task/f1_f3', 'text_table_task/f1_f4', 'ttl_cache_task/f1_f2'];

/** What two oracles hand in, for a pair of every sample task: Python and Node runners. */
export const pairs: readonly Submission[] = select(discover(sampleDataset))
  .filter(({ task, features }) => chosen.includes(`${task.repo}/${features.map((id) => `f${id}`).join('_')}`))
  .map(golden);
if (pairs.length !== chosen.length) throw new Error('a pair of the sample dataset is not there any more');

interface Judged {
  /** Milliseconds. */
  readonly time: number;
  readonly mergedDiff: string;
}

/** How a submission is judged on a backend. What comes back has been merged and tested. */
export async function judgeOn(backend: Backend): Promise<(submission: Submission) => Promise<Judged>> {
  const registry = createContainer().get(tokens.registry);
  const evaluator = await registry.get('evaluators', 'tests').create();
  const policy = { name: 'union', ...(await registry.get('mergePolicies', 'union').create()) };
  const context: EvaluationContext = { backend, policy, concurrency: 1, runName: 'bench' };
  return async (submission) => {
    const started = performance.now();
    for await (const { evaluation } of evaluator.evaluate([submission], context)) {
      if (evaluation.error !== null) throw new Error(evaluation.error);
      const mergedDiff = evaluation.merge?.diff ?? '';
      if (mergedDiff === '' || !evaluation.individual?.agent1?.success)
        throw new Error(`${submission.id} does not merge, or its golden patches fail`);
      return { time: performance.now() - started, mergedDiff };
    }
    throw new Error('there was no verdict');
  };
}

function golden({ task, features }: FeatureSet): Submission {
  const patches = features.map((id, index) => ({
    seat: `agent${index + 1}`,
    features: [id],
    patch: readFileSync(join(task.directory, `feature${id}`, 'feature.patch')),
  }));
  return { id: `coop/${task.repo}`, task, setting: 'coop', features, patches, untrusted: false };
}
