import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backend, delegating } from '@cooperbench/core';
import { defaultTimeLimits } from '@cooperbench/core/host';
import tests from '@cooperbench/evaluator-tests';
import { createContainer, tokens } from '@cooperbench/runs';
import { formatNewFilePatch, hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type CheckMergesOptions, checkMerges } from './check-merges.ts';
import type { MergeResult } from './merge-report.ts';

let datasetDir: string;

beforeEach(() => {
  datasetDir = shellTask({ features: [1, 2, 3, 4], files: { 'lib.txt': 'base\n' } });
});

afterEach(() => {
  rmSync(datasetDir, { recursive: true });
});

const patch = (feature: number, content: string): void =>
  writeFileSync(join(datasetDir, `shell_task/task1/feature${feature}/feature.patch`), content);

const check = (options: Partial<CheckMergesOptions> = {}, backend: Backend = hostBackend()) => {
  const plugin = {
    name: 'test',
    apiVersion: 1,
    backends: { host: { create: () => backend } },
  } as const;
  const container = createContainer([tests(), plugin]);
  return checkMerges(container.get(tokens.host), { datasetDir, backend: 'host', concurrency: 1, ...options });
};

/** Adds a line at the end of lib.txt, where two of them conflict. */
const atTheEnd = (line: string): string =>
  `diff --git a/lib.txt b/lib.txt\n--- a/lib.txt\n+++ b/lib.txt\n@@ -1 +1,2 @@\n base\n+${line}\n`;

/** Changes a file that does not exist. */
const nowhere = 'diff --git a/none.txt b/none.txt\n--- a/none.txt\n+++ b/none.txt\n@@ -1 +1 @@\n-x\n+y\n';

test('each pair has an outcome under each policy, in the form of the original', async () => {
  patch(1, atTheEnd('one'));
  patch(2, atTheEnd('two'));
  patch(3, formatNewFilePatch('three.txt', 'three'));
  patch(4, nowhere);
  const { summary, per_task, all_results: all, conflict_pairs } = await check();
  expect(summary).toMatchObject({ total_pairs: 6, conflicts: 1, clean_merges: 5, errors: 0 });
  expect(summary.conflict_rate).toBe('16.7%');
  expect(per_task).toEqual({ 'shell_task/task1': { total: 6, conflicts: 1, clean: 5, errors: 0 } });
  const place = { repo: 'shell_task', task_id: 1 };
  expect(conflict_pairs).toEqual([{ ...place, features: [1, 2], f1: 1, f2: 2 }]);
  expect(all[0]).toEqual({
    ...{ ...place, features: [1, 2], f1: 1, f2: 2, has_conflict: true, error: null },
    ...{ patch_apply_failed: [false, false], patch1_apply_failed: false, patch2_apply_failed: false },
    conflict_paths: ['lib.txt'],
    policies: { union: 'resolved', strict: 'unresolved', lead: 'fallback' },
  });
  expect(all.map(({ features, has_conflict, policies }) => [features, has_conflict, policies.lead])).toEqual([
    [[1, 2], true, 'fallback'],
    [[1, 3], false, 'clean'],
    [[1, 4], false, 'fallback'],
    [[2, 3], false, 'clean'],
    [[2, 4], false, 'fallback'],
    [[3, 4], false, 'fallback'],
  ]);
  expect(all[2]).toMatchObject({ patch1_apply_failed: false, patch2_apply_failed: true });
});

test('merging needs no network, whatever the tasks need for their tests', async () => {
  const networks: unknown[] = [];
  const inner = hostBackend();
  const backend = delegating(inner, {
    create: (spec, options) => {
      networks.push(spec.network);
      return inner.create(spec, options);
    },
  });
  await check({ features: [1, 2], evalNetwork: 'open' }, backend);
  expect(networks).toEqual(['none']);
});

test('an evaluator whose mergeGolden hangs does not keep a command that is interrupted', async () => {
  const reached = Promise.withResolvers<void>();
  const hanging = {
    async *evaluate() {},
    mergeGolden(): AsyncIterable<never> {
      const next = (): Promise<never> => {
        reached.resolve();
        return new Promise(() => {});
      };
      return { [Symbol.asyncIterator]: () => ({ next, return: next }) };
    },
  };
  const plugin = {
    name: 'test',
    apiVersion: 1,
    backends: { host: { create: hostBackend } },
    evaluators: { tests: { create: () => hanging } },
    mergePolicies: { union: { create: () => ({ strategy: 'union' }) } },
  } as const;
  const container = createContainer([plugin]).provide(tokens.limits, () => ({
    ...defaultTimeLimits,
    abort: 10,
  }));
  const interrupt = new AbortController();
  const ending = checkMerges(container.get(tokens.host), {
    ...{ datasetDir, backend: 'host', concurrency: 1, signal: interrupt.signal },
  });
  await Promise.race([reached.promise, ending]);
  interrupt.abort(new Error('stop'));
  await expect(ending).rejects.toThrow('stop');
});

test('a group of any size is merged as a whole', async () => {
  patch(1, atTheEnd('one'));
  patch(2, formatNewFilePatch('two.txt', 'two'));
  patch(3, atTheEnd('three'));
  const report = await check({ features: [1, 2, 3] });
  expect(report.summary).toMatchObject({ group_size: 3, total_groups: 1, conflicts: 1 });
  expect(report.conflict_groups).toEqual([{ repo: 'shell_task', task_id: 1, features: [1, 2, 3] }]);
  expect(report.all_results[0]?.patch_apply_failed).toEqual([false, false, false]);
});

test('of a group with a patch that does not apply, the others are merged, as in the original', async () => {
  patch(1, atTheEnd('one'));
  patch(2, atTheEnd('two'));
  patch(3, formatNewFilePatch('three.txt', 'three'));
  patch(4, nowhere);
  const subset = {
    ...{ name: 'triples', description: '', stats: {} },
    tasks: [
      {
        repo: 'shell_task',
        task_id: 1,
        groups: [
          [1, 2, 4],
          [1, 3, 4],
          [1, 2, 3],
        ],
      },
    ],
  };
  mkdirSync(join(datasetDir, 'subsets'));
  writeFileSync(join(datasetDir, 'subsets/triples.json'), JSON.stringify(subset));
  const { all_results: all, summary } = await check({ subset: 'triples' });
  expect(
    all.map(({ features, has_conflict, conflict_paths, policies }) => [
      features,
      has_conflict,
      conflict_paths,
      policies.union,
    ]),
  ).toEqual([
    [[1, 2, 4], true, ['lib.txt'], 'unresolved'],
    [[1, 3, 4], false, [], 'unresolved'],
    [[1, 2, 3], true, ['lib.txt'], 'resolved'],
  ]);
  expect(summary).toMatchObject({ group_size: 3, total_groups: 3, conflicts: 2, clean_merges: 1 });
});

const sampleDataset = new URL('../../../../dataset', import.meta.url).pathname;

/**
 * Returns whether two features of a task conflict when git applies each on a branch and merges one into the other, as in the
 * original.
 */
function conflictsInGit(): (pair: MergeResult) => boolean {
  const repositories = new Map<string, string>();
  const git = (cwd: string, ...args: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], {
      ...{ cwd, stdio: 'ignore' },
    });
  return ({ repo, task_id, features }) => {
    const task = join(sampleDataset, repo, `task${task_id}`);
    const directory = repositories.get(task) ?? mkdtempSync(join(tmpdir(), 'cooperbench-merges-'));
    if (!repositories.has(task)) {
      onTestFinished(() => rmSync(directory, { recursive: true }));
      execFileSync('sh', [join(task, 'setup.sh'), directory], { stdio: 'ignore' });
      git(directory, 'branch', 'base');
      repositories.set(task, directory);
    }
    for (const feature of features) {
      git(directory, 'checkout', '-q', '-B', `agent${feature}`, 'base');
      git(directory, 'apply', join(task, `feature${feature}/feature.patch`));
      git(directory, 'add', '-A');
      git(directory, 'commit', '-q', '-m', 'x');
    }
    try {
      git(directory, 'merge', '--no-commit', '--no-ff', `agent${features[0]}`);
      return false;
    } catch {
      return true;
    } finally {
      git(directory, 'reset', '-q', '--hard');
    }
  };
}

test('the pairs of the sample dataset that conflict are those that git cannot merge', async () => {
  const { all_results: all } = await check({ datasetDir: sampleDataset, concurrency: 4 });
  expect(all).toHaveLength(22);
  const conflicts = conflictsInGit();
  const expected = all.map((pair) => ({ ...pair, has_conflict: conflicts(pair) }));
  expect(all).toEqual(expected);
  expect(new Set(expected.map(({ has_conflict }) => has_conflict)).size).toBe(2);
});
