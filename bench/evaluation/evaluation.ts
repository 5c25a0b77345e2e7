import { inChild } from '../child.ts';
import type { Benchmark, Measurement } from '../figure.ts';

/** Evaluating a pair's golden patches on the local backend, against the bare runner calls that this takes. */
export const evaluation: Benchmark = {
  name: 'evaluation',
  figures: [{ name: 'evaluation', unit: 'ms', bound: 1.5, of: 'ratio' }],
  measure: async () => [await inChild<Measurement>('evaluation/evaluate.ts')],
};
