import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrialFiles } from '../../packages/runs/dist/trial/trial-files.js';
import type { Benchmark } from '../figure.ts';
import { computeMedian } from '../median.ts';

const trials = 40;
const files: readonly (readonly [name: string, content: string])[] = [
  ...['agent1', 'agent2'].flatMap((stem) => [
    [`${stem}.patch`, 'a line of a patch\n'.repeat(200)] as const,
    [`${stem}_traj.json`, 'a line of a trajectory\n'.repeat(5000)] as const,
  ]),
  ['conversation.json', 'a message\n'.repeat(100)],
  ['result.json', 'a result\n'.repeat(200)],
];

/** Writing a trial's folder so that a power failure leaves all of it or nothing, on the disk of the temporary directory. */
export const durability: Benchmark = {
  name: 'durability',
  figures: [{ name: 'durability', unit: 'ms', bound: 250, of: 'value' }],
  async measure() {
    const directory = await mkdtemp(join(tmpdir(), 'cooperbench-bench-'));
    try {
      const values: number[] = [];
      const floors: number[] = [];
      for (let index = 0; index < trials; index += 1) {
        values.push(await measureTime(() => durably(directory, `coop/x_task/${index}/f1_f2`)));
        floors.push(await measureTime(() => quickly(join(directory, 'floor', `${index}`))));
      }
      return [{ value: computeMedian(values), floor: computeMedian(floors) }];
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};

async function durably(directory: string, trial: string): Promise<void> {
  await using folder = await TrialFiles.create(directory, trial);
  for (const [name, content] of files) await folder.write(name, content);
  await folder.commit();
}

/** Returns the floor: the same writes and the same rename, without a wait for the disk. */
async function quickly(directory: string): Promise<void> {
  await mkdir(`${directory}.running`, { recursive: true });
  for (const [name, content] of files) await writeFile(join(`${directory}.running`, name), content);
  await rename(`${directory}.running`, directory);
}

async function measureTime(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
