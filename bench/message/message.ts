import { runInChild } from '../child.ts';
import type { Benchmark, Measurement } from '../figure.ts';

/** A message from one sandbox of the local backend to a reader that already waits in another. */
export const message: Benchmark = {
  name: 'message',
  figures: [{ name: 'message', unit: 'ms', bound: 2.5, of: 'ratio' }],
  measure: async () => [await runInChild<Measurement>('message/send.ts')],
};
