import type { FeatureSet, GoldenMerge, MergePolicy } from '@cooperbench/core';
import { jobRunner } from '@cooperbench/core/host';
import { discover, type RunHost, runDefaults } from '@cooperbench/runs';
import {
  buildEvaluationBackend,
  buildEvaluationRequest,
  checkOptionValues,
  type DatasetOptions,
  mergeGolden,
  noticeBroken,
  openRunEvents,
  Services,
  select,
  withEvalNetwork,
} from '@cooperbench/runs/dataset-services';
import { type CheckedMerge, type MergeReport, mergeReport } from './merge-report.ts';

/** Options of `dataset validate --merges`. */
export interface CheckMergesOptions extends DatasetOptions {
  /** Only this group. Defaults to those of the subset, or all pairs. */
  readonly features?: readonly number[] | undefined;
}

/**
 * Merges the golden patches of each pair or group, and says how each merge policy ends. Runs no test and writes nothing.
 * @throws ConfigError when the options do not allow it.
 */
export async function checkMerges(host: RunHost, options: CheckMergesOptions): Promise<MergeReport> {
  checkOptionValues(options);
  const startMs = performance.now();
  const { signal, concurrency } = options;
  const events = openRunEvents(host, options);
  const dataset = discover(options.datasetDir ?? runDefaults.datasetDir, options);
  const groups = select(dataset, options).map(({ task, features }) => ({
    features,
    task: withEvalNetwork(task, 'none'),
  }));
  noticeBroken(dataset, options, events);
  await using services = new Services(host, options, events);
  const name = host.registry.nameOrDefault('backends', options.backend);
  const tasks = groups.map(({ task }) => task);
  const backend = await services.backend(name, buildEvaluationRequest(tasks, false));
  const title = host.registry.title('backends', name);
  const connect = await services.connectRegistries([], []);
  const runJobs = jobRunner(buildEvaluationBackend(backend, title, tasks, connect, events), title, {
    concurrency,
    signal,
    onNotice: events.notice,
  });
  const judge = await services.evaluator({});
  const policies = await services.mergePolicies();
  const merge = async (featureGroups: readonly FeatureSet[], [name, policy]: PolicyRun): Promise<Merges> => {
    const mergesByGroup = new Map<FeatureSet, GoldenMerge>();
    const context = { runJobs, signal, policy: { name, ...policy } };
    for await (const one of mergeGolden(judge, featureGroups, context, services.closing))
      mergesByGroup.set(one.group, one);
    return mergesByGroup;
  };
  const runs = listRuns(policies);
  const merges = new Map<string, Merges>();
  for (const run of runs) merges.set(run[0], await merge(groups, run));
  const checkedMerges = groups.map((group) => ({ group, policies: mapOutcomes(group, policies, merges) }));
  // As in the original, the patches that apply are merged without the others.
  const rests = new Map(checkedMerges.flatMap((checkedMerge) => findRest(checkedMerge) ?? []));
  const [run] = runs;
  const merged: Merges = run ? await merge([...rests.values()], run) : new Map();
  const mergesWithRest = checkedMerges.map((checkedMerge) => ({
    ...checkedMerge,
    rest: merged.get(rests.get(checkedMerge.group) as FeatureSet),
  }));
  return mergeReport(mergesWithRest, (performance.now() - startMs) / 1000);
}

type Merges = ReadonlyMap<FeatureSet, GoldenMerge>;
type PolicyRun = readonly [name: string, policy: MergePolicy];

/** Finds the patches of a group that apply, when some do not and at least two do. */
function findRest({ group, policies }: CheckedMerge): readonly [FeatureSet, FeatureSet][] | undefined {
  const [merge] = policies.values();
  if (!merge || 'error' in merge) return undefined;
  const features = group.features.filter((_, index) => merge.applied[index]);
  const isPart = features.length > 1 && features.length < group.features.length;
  return isPart ? [[group, { ...group, features }]] : undefined;
}

/** Policies that need a merge of their own. The outcome of the others follows from any of these. */
function listRuns(policies: ReadonlyMap<string, MergePolicy>): readonly PolicyRun[] {
  const conflictPolicies = [...policies].filter(([, { onConflict }]) => onConflict !== undefined);
  return conflictPolicies.length > 0 ? conflictPolicies : [...policies].slice(0, 1);
}

function mapOutcomes(
  group: FeatureSet,
  policies: ReadonlyMap<string, MergePolicy>,
  merges: ReadonlyMap<string, Merges>,
): CheckedMerge['policies'] {
  const [firstMerges] = [...merges.values()];
  return new Map(
    [...policies].map(([name, { fallback }]): [string, GoldenMerge] => {
      const policyMerge = merges.get(name)?.get(group);
      const restMerge = policyMerge ?? firstMerges?.get(group) ?? { group, error: 'nothing was merged' };
      if (policyMerge || 'error' in restMerge || restMerge.merge === 'clean') return [name, restMerge];
      const falls = fallback === 'first' && restMerge.applied[0];
      return [name, { ...restMerge, merge: falls ? 'fallback' : 'unresolved' }];
    }),
  );
}
