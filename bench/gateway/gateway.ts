import { runInChild } from '../child.ts';
import type { Benchmark, Measurement } from '../figure.ts';

/** What the model gateway adds to a request of 100 KB, and to a streamed answer of 2,000 events. */
export const gateway: Benchmark = {
  name: 'gateway',
  figures: [
    { name: 'gateway-request', unit: 'ms', bound: 5, of: 'value' },
    { name: 'gateway-stream', unit: 'ms', bound: 40, of: 'value' },
  ],
  measure: () => runInChild<Measurement[]>('gateway/ask.ts'),
};
