import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch, sampleDataset } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch: Scratch = createScratch(afterAll);

beforeAll(() => {
  for (const run of ['first', 'second', 'with space', 'evil$(touch pwned)'])
    mkdirSync(join(scratch.logs, run), { recursive: true });
  mkdirSync(join(scratch.logs, 'first/coop/r_task/1/f1_f2'), { recursive: true });
  writeFileSync(join(scratch.logs, 'first/coop/r_task/1/f1_f2/result.json'), '{"setting": "coop"}');
});

/** Returns what Tab offers in zsh, which takes the words as they are. */
async function tab(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await cooperbench(scratch, ['autocomplete', 'zsh', '--', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').flatMap((line) => line.split('\t')[0] || []);
}

test.for([
  [['sh'], ['show']],
  [
    ['show', ''],
    ['first', 'second'],
  ],
  [['show', 'first', ''], ['coop/r_task/1/f1_f2']],
  [['report', 'first', 's'], ['second']],
  [
    ['eval', '--name', ''],
    ['first', 'second'],
  ],
  [
    ['run', '--backend', ''],
    ['docker', 'gcp', 'local', 'modal'],
  ],
  [['run', '--agent', 'or'], ['oracle']],
  [
    ['run', '--setting='],
    ['coop', 'plan_execute', 'relay', 'review', 'solo', 'team'].map((name) => `--setting=${name}`),
  ],
  [
    ['run', '--channels', ''],
    ['folder', 'git', 'mcp', 'messages', 'requests', 'tasks'],
  ],
  [
    ['run', '--merge-policy', ''],
    ['lead', 'strict', 'union'],
  ],
  [
    ['run', '--dataset-dir', sampleDataset, '-s', ''],
    ['demo', 'smoke'],
  ],
  [['run', '--dataset-dir', sampleDataset, '-r', 'recur_task', '-t', ''], ['8']],
  [['run', '--dataset-dir', '/nowhere', '-s', ''], []],
  [
    ['run', '--reporter', ''],
    ['default', 'json', 'silent'],
  ],
  [['doctor', '--agent', 'no'], ['nop']],
  [['list', 'a'], ['agents']],
  [['run', '--dry'], ['--dry-run']],
] as const)('%j offers %j', async ([words, expected]) => {
  expect(await tab(...words)).toEqual(expected);
});

test('says how to set it up, and prints the script of a shell', async () => {
  expect((await cooperbench(scratch, ['autocomplete'])).stdout).toContain(
    'cooperbench autocomplete bash >> ~/.bashrc',
  );
  expect(await cooperbench(scratch, ['autocomplete', 'tcsh'])).toMatchObject({ code: 2, stdout: '' });
});
