import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInChild } from '../child.ts';
import type { Benchmark, Measurement } from '../figure.ts';
import { computeMedian } from '../median.ts';
import type { Resources } from './run-trials.ts';

const manySteps = 10_000;
const few = 1_000;
const repetitions = 3;
const stepsOfTrial = 10;
/** Bytes that must be free in memory for the files to go there. */
const roomForFiles = 2 * 1024 ** 3;

/** The cost of core itself: trials of two seats and five steps, 500 at once, with files, events and messages, without real sandboxes. */
export const orchestration: Benchmark = {
  name: 'orchestration',
  figures: [
    { name: 'orchestration-cpu-per-step', unit: 'ms', bound: 0.5, of: 'value' },
    { name: 'orchestration-memory', unit: 'MiB', bound: 300, of: 'value' },
    { name: 'orchestration-growth', unit: '×', bound: 12, of: 'value' },
  ],
  async measure() {
    await readCosts(few / 10); // Fills the compile cache.
    const rounds: Round[] = [];
    for (let round = 0; round < repetitions; round += 1)
      rounds.push({
        before: await readCosts(few),
        long: await readCosts(manySteps),
        after: await readCosts(few),
      });
    const measureBoth = (measure: (pick: (costs: Costs) => Resources) => number): Measurement => ({
      value: measure(({ run }) => run),
      floor: measure(({ files }) => files),
    });
    return [
      measureBoth(
        (pick) => computeMedian(rounds.map(({ long }) => pick(long).cpuMs)) / (manySteps * stepsOfTrial),
      ),
      measureBoth((pick) => Math.max(...rounds.map(({ long }) => pick(long).peakMiB))),
      measureBoth((pick) => computeMedian(rounds.map((round) => computeGrowth(round, pick)))),
    ];
  },
};

interface Round {
  readonly before: Costs;
  readonly long: Costs;
  readonly after: Costs;
}

interface Costs {
  readonly run: Resources;
  /** The floor: only writing the same files. */
  readonly files: Resources;
}

/**
 * Returns how many times the wall time of a few trials many take: against those before and after, because machines are noisy.
 */
function computeGrowth({ before, long, after }: Round, pick: (costs: Costs) => Resources): number {
  return pick(long).wallMs / computeMedian([pick(before).wallMs, pick(after).wallMs]);
}

async function readCosts(trials: number): Promise<Costs> {
  const folder = await mkdtemp(join(await getFastFolder(), 'cooperbench-bench-'));
  try {
    const run = await runInChild<Resources>('orchestration/run-trials.ts', folder, trials);
    const trial = join(folder, 'logs/bench/coop/bench0_task/0/f1_f2');
    return { run, files: await runInChild<Resources>('orchestration/write-files.ts', folder, trials, trial) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** In memory where there is room, so that the disk is not what is measured. */
async function getFastFolder(): Promise<string> {
  const { bavail, bsize } = await statfs('/dev/shm').catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= roomForFiles ? '/dev/shm' : tmpdir();
}
