import type { FeatureSet, GoldenMerge, MergePolicy } from '@cooperbench/core';
import { jobRunner } from '@cooperbench/core/host';
import { discover, type RunHost, runDefaults } from '@cooperbench/runs';
import {
  checkOptionValues,
  type DatasetOptions,
  evaluationBackend,
  evaluationRequest,
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
  /** Only this group. Absent: those of the subset, or all pairs. */
  readonly features?: readonly number[] | undefined;
}

/**
 * Merges the golden patches of each pair or group, and says how each merge policy ends. Runs no test and writes nothing.
 * @throws ConfigError when the options do not allow it.
 */
export async function checkMerges(host: RunHost, options: CheckMergesOptions): Promise<MergeReport> {
  checkOptionValues(options);
  const began = performance.now();
  const { signal, concurrency } = options;
  const events = openRunEvents(host, options);
  const dataset = discover(options.datasetDir ?? runDefaults.datasetDir, options);
  const groups = select(dataset, options).map(({ task, features }) => ({
    features,
    task: withEvalNetwork(task, 'none'),
  }));
  noticeBroken(dataset, events);
  await using services = new Services(host, options, events);
  const name = host.registry.nameOr('backends', options.backend);
  const tasks = groups.map(({ task }) => task);
  const backend = await services.backend(name, evaluationRequest(tasks, false));
  const title = host.registry.title('backends', name);
  const connect = await services.connectRegistries([], []);
  const runJobs = jobRunner(evaluationBackend(backend, title, tasks, connect, events), title, {
    concurrency,
    signal,
    onNotice: events.notice,
  });
  const judge = await services.evaluator({});
  const policies = await services.mergePolicies();
  const merges = new Map<string, ReadonlyMap<FeatureSet, GoldenMerge>>();
  for (const [name, policy] of runsOf(policies)) {
    const found = new Map<FeatureSet, GoldenMerge>();
    const context = { runJobs, signal, policy: { name, ...policy } };
    for await (const merge of mergeGolden(judge, groups, context, services.closing))
      found.set(merge.group, merge);
    merges.set(name, found);
  }
  const checked = groups.map((group) => ({ group, policies: outcomes(group, policies, merges) }));
  return mergeReport(checked, (performance.now() - began) / 1000);
}

/** Policies that need a merge of their own. The outcome of the others follows from any of these. */
function runsOf(policies: ReadonlyMap<string, MergePolicy>): readonly (readonly [string, MergePolicy])[] {
  const own = [...policies].filter(([, { onConflict }]) => onConflict !== undefined);
  return own.length > 0 ? own : [...policies].slice(0, 1);
}

function outcomes(
  group: FeatureSet,
  policies: ReadonlyMap<string, MergePolicy>,
  merges: ReadonlyMap<string, ReadonlyMap<FeatureSet, GoldenMerge>>,
): CheckedMerge['policies'] {
  const [some] = [...merges.values()];
  return new Map(
    [...policies].map(([name, { fallback }]): [string, GoldenMerge] => {
      const own = merges.get(name)?.get(group);
      const other = own ?? some?.get(group) ?? { group, error: 'nothing was merged' };
      if (own || 'error' in other || other.merge === 'clean') return [name, other];
      const falls = fallback === 'first' && other.applied[0];
      return [name, { ...other, merge: falls ? 'fallback' : 'unresolved' }];
    }),
  );
}
