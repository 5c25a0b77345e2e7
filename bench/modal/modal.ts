import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInChild } from '../child.ts';
import type { Benchmark } from '../figure.ts';
import type { Simulated } from './simulate.ts';

/** All 652 pairs of the public dataset take a quarter of an hour. */
const pairs = Number(process.env.COOPERBENCH_BENCH_MODAL_PAIRS ?? 160);
const concurrency = 200;

/** A run of pairs as in the public dataset on Modal, simulated. */
export const modal: Benchmark = {
  name: 'modal',
  figures: [
    { name: 'modal-wall', unit: 'ms', bound: 1.1, of: 'ratio' },
    { name: 'modal-cores', unit: '×', bound: 1, of: 'value' },
    { name: 'modal-memory', unit: 'MiB', bound: 400, of: 'value' },
  ],
  async measure() {
    const folder = await mkdtemp(join(tmpdir(), 'cooperbench-bench-'));
    try {
      const run = await runInChild<Simulated>('modal/simulate.ts', folder, pairs, concurrency);
      return [
        { value: run.wallMs, floor: run.leastMs },
        { value: run.cpuMs / run.wallMs, floor: 1 },
        { value: run.peakMiB, floor: 1 },
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
