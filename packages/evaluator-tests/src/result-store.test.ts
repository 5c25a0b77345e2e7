import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { JobResult } from '@cooperbench/core';
import { afterEach, expect, test, vi } from 'vitest';
import { ResultStore } from './result-store.ts';

const report = (id: string, bytes: number): JobResult => ({
  ...{ id, markedLines: ['merged clean'], endedEarly: undefined },
  outputFiles: new Map([['merged.patch', new Uint8Array(bytes).fill(7)]]),
  steps: new Map([['1', { exitCode: 1, output: new Uint8Array([1, 2]), stderr: 'no', seconds: 1 }]]),
});

afterEach(() => void vi.unstubAllEnvs());

test('results come back as they were, from memory and from the file', async () => {
  await using store = new ResultStore(2500);
  const groups = ['a', 'b', 'c', 'd'].map((id) => [report(id, 1000), { id: `${id}2`, error: 'lost' }]);
  const stored = [];
  for (const group of groups) stored.push(await store.add(group));
  // Out of order.
  for (const index of [2, 0, 3, 1]) expect(await stored[index]?.take()).toEqual(groups[index]);
  // What has left makes room.
  expect(await (await store.add(groups[0]!)).take()).toEqual(groups[0]);
});

test('the file has no name that could stay behind', async () => {
  await using store = new ResultStore(0);
  const storedResults = await store.add([report('a', 10)]);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('cooperbench-results-'))).toEqual([]);
  expect(await storedResults.take()).toEqual([report('a', 10)]);
});

test('results that cannot be written become errors that say why', async () => {
  vi.stubEnv('TMPDIR', '/nowhere');
  await using store = new ResultStore(0);
  expect(await (await store.add([report('a', 10), report('b', 10)])).take()).toEqual(
    ['a', 'b'].map((id) => ({
      id,
      error: expect.stringContaining('its results could not be kept in /nowhere: ENOENT'),
    })),
  );
});
