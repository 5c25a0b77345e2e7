import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pairId } from '@cooperbench/records';
import { publicDataset as index, layOutDataset } from '@cooperbench/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discover } from './discover.ts';
import { select } from './select.ts';

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cooperbench-public-'));
  await layOutDataset(directory, index, { lite: fixture('lite'), flash: fixture('flash') });
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('the public dataset, laid out from its index', () => {
  test('has 30 tasks of 12 repositories and 652 pairs', () => {
    const dataset = discover(directory);
    expect(dataset.broken).toEqual([]);
    expect(dataset.tasks.map(({ repo, taskId, features }) => ({ repo, task_id: taskId, features }))).toEqual(
      [...index.tasks].sort((a, b) => (a.repo === b.repo ? a.task_id - b.task_id : a.repo < b.repo ? -1 : 1)),
    );
    const pairs = select(dataset);
    expect(pairs).toHaveLength(652);
    expect(new Set(pairs.map(pairId)).size).toBe(652);
    expect(new Set(dataset.tasks.map((task) => task.repo)).size).toBe(12);
  });

  test.for([
    ['lite', 100],
    ['flash', 50],
  ] as const)('subset %s has %i pairs, the listed ones', ([name, size]) => {
    const subset = fixture(name) as { tasks: { repo: string; task_id: number; pairs: number[][] }[] };
    const listed = subset.tasks.flatMap((task) =>
      task.pairs.map((pair) => `${task.repo}/${task.task_id}/${pair.map((id) => `f${id}`).join('_')}`),
    );
    expect(select(discover(directory), { subset: name }).map(pairId).sort()).toEqual(listed.sort());
    expect(listed).toHaveLength(size);
  });

  test('images are named as the original names them', () => {
    const images = discover(directory).tasks.map((task) => task.image);
    expect(images).toContain('akhatua/cooperbench-llama-index:task17070');
    expect(
      discover(directory, { imagePattern: 'registry.local/{repo}/{task}' }).tasks.map((task) => task.image),
    ).toContain('registry.local/llama-index/17070');
  });
});
