import { ConfigError, type FeatureOfTask, type FeatureSet, suggest, type Task } from '@cooperbench/core';
import { suggestId } from '@cooperbench/core/host';
import type { Dataset } from './discover.ts';
import { readSubset } from './subset.ts';

/** Restricts the pairs of a dataset. An absent filter allows everything. */
export interface Filters {
  readonly subset?: string | undefined;
  readonly repo?: string | undefined;
  readonly taskId?: number | undefined;
  /** The ids of one trial, two or more. Defaults to every pair. */
  readonly features?: readonly number[] | undefined;
}

/**
 * Returns the pairs that match, sorted by repo, task and features.
 * @throws ConfigError `UNKNOWN_SUBSET`, `UNKNOWN_REPO`, `UNKNOWN_TASK`, `UNKNOWN_FEATURE`, `NOTHING_MATCHES`, `TASK_BROKEN`.
 */
export function select(dataset: Dataset, filters: Filters = {}): FeatureSet[] {
  checkNames(dataset, filters);
  const subset = filters.subset === undefined ? undefined : readSubset(dataset.directory, filters.subset);
  const requestedFeatures = filters.features && [...new Set(filters.features)].sort((a, b) => a - b);
  const pairs: FeatureSet[] = [];
  for (const task of dataset.tasks) {
    if (filters.repo !== undefined && task.repo !== filters.repo) continue;
    if (filters.taskId !== undefined && task.taskId !== filters.taskId) continue;
    const subsetTasks = subset?.tasks.filter(
      (entry) => entry.repo === task.repo && entry.task_id === task.taskId,
    );
    if (subsetTasks?.length === 0) continue;
    const toFeatureSet = (features: readonly number[]): FeatureSet => ({ task, features });
    const offered =
      subsetTasks?.flatMap(({ pairs, groups }) =>
        pairs || groups ? [...(pairs ?? []), ...(groups ?? [])] : listCombinations(task.features, 2),
      ) ?? listCombinations(task.features, 2);
    if (requestedFeatures === undefined) {
      const sorted = offered.map((pair) => sortFeatures(pair, task));
      // A subset may list a pair twice, but it is one trial.
      pairs.push(...new Map(sorted.map((pair) => [pair.join(), toFeatureSet(pair)])).values());
    } else if (
      requestedFeatures.every((id) => task.features.includes(id)) &&
      (!subset || offered.some((pair) => isSamePair(pair, requestedFeatures)))
    )
      pairs.push(toFeatureSet(requestedFeatures));
  }
  if (pairs.length === 0) {
    const unreadTasks = listBrokenTasks(dataset, filters);
    if (unreadTasks.length > 0)
      throw new ConfigError(
        'TASK_BROKEN',
        `No task of ${describe(filters)} can be used:\n  ${unreadTasks.map(({ repo, task, reason }) => `${repo}/${task}: ${reason}`).join('\n  ')}`,
      );
    throw new ConfigError('NOTHING_MATCHES', `No feature pair matches ${describe(filters)}.`, {
      hint: 'Run cooperbench list tasks to see all tasks.',
    });
  }
  return pairs;
}

/** Lists the tasks that match the filters and cannot be used. */
export function listBrokenTasks(
  dataset: Dataset,
  { subset: name, repo, taskId }: Filters,
): Dataset['broken'] {
  const subset = name === undefined ? undefined : readSubset(dataset.directory, name);
  return dataset.broken.filter((task) => {
    const isBroken = (id: number): boolean => ['*', `task${id}`].includes(task.task);
    if (subset && !subset.tasks.some((entry) => entry.repo === task.repo && isBroken(entry.task_id)))
      return false;
    return (repo === undefined || task.repo === repo) && (taskId === undefined || isBroken(taskId));
  });
}

/**
 * Returns the features of the pairs that match, sorted by repo, task and id. Here, `features` may be any ids.
 * @throws ConfigError as `select`.
 */
export function selectFeatures(dataset: Dataset, filters: Filters = {}): FeatureOfTask[] {
  const { features: wantedFeatures, subset, repo, taskId } = filters;
  const offered = Map.groupBy(select(dataset, { subset, repo, taskId }), ({ task }) => task);
  const available = [...offered].flatMap(([task, pairs]) => {
    const ids = new Set(pairs.flatMap(({ features }) => features));
    return [...ids].sort((a, b) => a - b).map((feature) => ({ task, feature }));
  });
  const knownFeatures = available.map(({ feature }) => feature);
  for (const id of wantedFeatures ?? [])
    if (!knownFeatures.includes(id)) throw createUnknownFeatureError(id, knownFeatures);
  return available.filter(({ feature }) => wantedFeatures?.includes(feature) ?? true);
}

function createUnknownFeatureError(id: number, knownIds: readonly number[]): ConfigError {
  return new ConfigError('UNKNOWN_FEATURE', `No selected task has a feature ${id}.`, {
    hint: suggestId(id, [...new Set(knownIds)]),
  });
}

function sortFeatures(pair: readonly number[], task: Task): number[] {
  const unknownId = pair.find((id) => !task.features.includes(id));
  if (unknownId !== undefined) {
    throw new ConfigError(
      'UNKNOWN_FEATURE',
      `The subset asks for feature ${unknownId} of ${task.repo}/task${task.taskId}, which has ${task.features.join(', ')}.`,
      {
        hint: 'The subset was made for another revision of the dataset.',
      },
    );
  }
  return [...pair].sort((a, b) => a - b);
}

function isSamePair(pair: readonly number[], otherPair: readonly number[]): boolean {
  return (
    pair.length === otherPair.length &&
    [...pair].sort((a, b) => a - b).every((id, index) => id === otherPair[index])
  );
}

function checkNames(dataset: Dataset, { repo, taskId, features }: Filters): void {
  const repos = [...new Set([...dataset.tasks, ...dataset.broken].map((task) => task.repo))];
  if (repo !== undefined && !repos.includes(repo)) {
    throw new ConfigError('UNKNOWN_REPO', `The dataset has no repository "${repo}".`, {
      hint: suggest(repo, repos),
      about: repo,
    });
  }
  const inRepo = dataset.tasks.filter((task) => repo === undefined || task.repo === repo);
  const ids = inRepo.map((task) => task.taskId);
  if (taskId !== undefined && !ids.includes(taskId)) {
    const brokenTask = dataset.broken.find(
      (task) => (repo ?? task.repo) === task.repo && task.task === `task${taskId}`,
    );
    if (brokenTask)
      throw new ConfigError(
        'TASK_BROKEN',
        `Task ${taskId} of ${brokenTask.repo} cannot be used: ${brokenTask.reason}.`,
      );
    throw new ConfigError('UNKNOWN_TASK', `${repo ?? 'The dataset'} has no task ${taskId}.`, {
      hint: suggestId(taskId, ids),
      about: String(taskId),
    });
  }
  if (features === undefined) return;
  if (new Set(features).size < 2) {
    throw new ConfigError(
      'UNKNOWN_FEATURE',
      `Features ${features.join(',')}: a trial takes two or more different features.`,
      { hint: 'For example --features 1,2.' },
    );
  }
  const matching = inRepo.filter((task) => taskId === undefined || task.taskId === taskId);
  const knownFeatures = matching.flatMap((task) => task.features);
  const unknownId = features.find((id) => !knownFeatures.includes(id));
  if (unknownId !== undefined) throw createUnknownFeatureError(unknownId, knownFeatures);
}

function describe({ subset, repo, taskId, features }: Filters): string {
  const parts = [
    subset && `subset ${subset}`,
    repo && `repo ${repo}`,
    taskId !== undefined && `task ${taskId}`,
    features && `features ${features.join(',')}`,
  ];
  return parts.filter(Boolean).join(', ') || 'the dataset';
}

/** Returns every combination of `size` ids. Keeps their order. */
export function listCombinations(ids: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return ids.flatMap((id, index) =>
    listCombinations(ids.slice(index + 1), size - 1).map((rest) => [id, ...rest]),
  );
}
