import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInChild } from '../child.ts';
import type { Benchmark } from '../figure.ts';
import type { Evaluated } from './evaluate.ts';

const pairs = 652;

/** What evaluating on Google Batch costs the machine that asks for it. */
export const gcp: Benchmark = {
  name: 'gcp',
  figures: [
    { name: 'gcp-cpu-per-evaluation', unit: 'ms', bound: 5, of: 'ratio' },
    { name: 'gcp-jobs-per-image', unit: '×', bound: 1, of: 'value' },
    { name: 'gcp-late-verdicts', unit: '×', bound: 0.5, of: 'value' },
  ],
  async measure() {
    const folder = await mkdtemp(join(tmpdir(), 'cooperbench-bench-'));
    try {
      const { cpuMs, floorMs, evaluations, jobsPerImage, streamed } = await runInChild<Evaluated>(
        'gcp/evaluate.ts',
        folder,
        pairs,
      );
      return [
        { value: cpuMs / evaluations, floor: floorMs / evaluations },
        { value: jobsPerImage, floor: 1 },
        { value: 1 - streamed, floor: 1 },
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
