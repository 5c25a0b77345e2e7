import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  EvaluationContext,
  FeatureSet,
  GoldenMerge,
  Job,
  JobResult,
  Submission,
} from '@cooperbench/core';
import { getMessage } from '@cooperbench/core';
import { parseFacts } from './facts.ts';
import { buildTreeJob } from './jobs.ts';
import { runGroupedJobs } from './run-grouped-jobs.ts';

/** Merges the golden patches of each group, in the order of their features, and runs no test. */
export async function* mergeGolden(
  groups: readonly FeatureSet[],
  context: Pick<EvaluationContext, 'runJobs' | 'policy'>,
): AsyncGenerator<GoldenMerge> {
  const buildJobs = async (group: FeatureSet): Promise<readonly Job[]> => [
    await mergeJob(group, context.policy),
  ];
  for await (const { item: group, ...ended } of runGroupedJobs(groups, buildJobs, context)) {
    if ('error' in ended) yield { group, error: getMessage(ended.error) };
    else for (const result of ended.results) yield buildOutcome(group, result);
  }
}

const getSeat = (feature: number): string => `feature${feature}`;

async function mergeJob({ task, features }: FeatureSet, policy: EvaluationContext['policy']): Promise<Job> {
  const patches = await Promise.all(
    features.map(async (feature) => ({
      seat: getSeat(feature),
      features: [],
      patch: await readFile(join(task.directory, `feature${feature}`, 'feature.patch')),
    })),
  );
  const id = `golden/${task.repo}/${task.taskId}/${features.map((feature) => `f${feature}`).join('_')}`;
  const submission: Submission = {
    ...{ id, task, setting: 'golden', judged: 'merge', features: [], patches, untrusted: false },
  };
  const script = await readFile(join(task.directory, 'run_tests.sh')).catch(() => undefined);
  const job = buildTreeJob(
    { id, patches, features: [], policy },
    submission,
    { tests: new Map(), sourceFiles: new Map(script ? [['run_tests.sh', script]] : []) },
    { runName: 'dataset validate' },
  );
  const { steps: _, stepProgram: __, outputs: ___, ...alone } = job;
  return { ...alone, outputs: new Map() };
}

const words = { naive: 'clean', resolved: 'resolved', fallback: 'fallback', none: 'unresolved' } as const;

function buildOutcome(group: FeatureSet, result: JobResult): GoldenMerge {
  if ('error' in result) return { group, error: result.error };
  const { merge, applied, conflicts } = parseFacts(result.markedLines);
  const { features } = group;
  if (!merge) {
    const errorText = result.endedEarly?.stderr.trim().slice(-500) || 'it printed nothing';
    return { group, error: `the merge did not end: ${errorText}` };
  }
  return {
    group,
    merge: words[merge.how],
    applied: features.map((feature) => applied.get(getSeat(feature)) !== 'failed'),
    conflicts,
  };
}
