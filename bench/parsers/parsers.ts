import { runInChild } from '../child.ts';
import type { Benchmark, Measurement } from '../figure.ts';

/** Counting the tests in 20 MB of output. */
export const parsers: Benchmark = {
  name: 'parsers',
  figures: [{ name: 'parsers', unit: 'ms', bound: 40, of: 'ratio' }],
  measure: async () => [await runInChild<Measurement>('parsers/parse.ts')],
};
