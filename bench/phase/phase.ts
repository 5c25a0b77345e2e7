import { runInChild } from '../child.ts';
import type { Benchmark, Measurement } from '../figure.ts';

/** How long a phase takes, besides its agents. */
export const phase: Benchmark = {
  name: 'phase',
  figures: [{ name: 'phase', unit: 'ms', bound: 1.2, of: 'ratio' }],
  measure: async () => [await runInChild<Measurement>('phase/run-phases.ts')],
};
