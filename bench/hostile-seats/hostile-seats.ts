import { inChild } from '../child.ts';
import type { Benchmark } from '../figure.ts';

const trials = 5;
const seconds = 10;
/** Its diff is just below the limit of a patch. */
const patchMiB = 99;

/** The memory of a run in which ten seats make output, events and messages as fast as they can, then hand in large patches, which are evaluated. The floor: none does. */
export const hostileSeats: Benchmark = {
  name: 'hostile-seats',
  figures: [{ name: 'hostile-seats-memory', unit: 'MiB', bound: 500, of: 'value' }],
  async measure() {
    const script = 'hostile-seats/run-seats.ts';
    const quiet = await inChild<{ peakMiB: number }>(script, trials, 0, 0);
    const hostile = await inChild<{ peakMiB: number }>(script, trials, seconds, patchMiB);
    return [{ value: hostile.peakMiB, floor: quiet.peakMiB }];
  },
};
