import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { runInChild } from '../child.ts';
import type { Benchmark } from '../figure.ts';

const trials = 5;
const seconds = 25;
/** Its diff is just below the limit of a patch. */
const patchMiB = 99;
const requests = 2;

/**
 * The memory of a run in which ten seats make output, events and messages as fast as they can while requests to their models
 * wait, then hand in large patches, which are evaluated. The floor: none does.
 */
export const hostileSeats: Benchmark = {
  name: 'hostile-seats',
  figures: [{ name: 'hostile-seats-memory', unit: 'MiB', bound: 500, of: 'value' }],
  async measure() {
    const script = 'hostile-seats/run-seats.ts';
    const quietResult = await runInChild<{ peakMiB: number }>(script, trials, 0, 0, 0);
    const provider = spawn(process.execPath, [join(import.meta.dirname, 'slow-provider.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const [url] = await once(provider.stdout, 'data');
      const childArguments = [trials, seconds, patchMiB, requests, `${url}`.trim()];
      const hostile = await runInChild<{ peakMiB: number }>(script, ...childArguments);
      return [{ value: hostile.peakMiB, floor: quietResult.peakMiB }];
    } finally {
      provider.kill();
    }
  },
};
