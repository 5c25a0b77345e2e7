import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layOutDataset, publicDataset } from '../../packages/testing/dist/index.js';
import { runInChild } from '../child.ts';
import type { Benchmark } from '../figure.ts';
import { computeMedian } from '../median.ts';

const repetitions = 9;

/** Finding the public dataset's 652 pairs in its 30 tasks, each time in a fresh process, files in the file cache. */
export const discovery: Benchmark = {
  name: 'discovery',
  figures: [{ name: 'discovery', unit: 'ms', bound: 50, of: 'value' }],
  async measure() {
    const directory = await mkdtemp(join(tmpdir(), 'cooperbench-bench-'));
    try {
      await layOutDataset(directory, publicDataset);
      const values: number[] = [];
      const floors: number[] = [];
      for (let round = -1; round < repetitions; round += 1) {
        const value = await runInChild<number>('discovery/discover.ts', 'pairs', directory);
        const floor = await runInChild<number>('discovery/discover.ts', 'files', directory);
        if (round < 0) continue;
        values.push(value);
        floors.push(floor);
      }
      return [{ value: computeMedian(values), floor: computeMedian(floors) }];
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};
