import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeBatch } from '@cooperbench/test-support/gcp/fake-batch';
import { afterAll, beforeAll, expect } from 'vitest';
import { createScratch } from './cli.test.support.ts';
import { imageOf, shellDataset } from './dataset.test.support.ts';
import { configureGcp } from './gcp.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('bubblewrap');

let fake: FakeBatch;

beforeAll(async () => {
  fake = await FakeBatch.start('bubblewrap');
});

afterAll(() => fake[Symbol.asyncDispose]());

test(`eval --backend gcp judges a run on Google Batch as local sandboxes do, with a job for each image${reason}`, async () => {
  const scratch = createScratch();
  configureGcp(scratch, { project: 'p', bucket: 'evaluations' });
  const tasks = [1, 2];
  const dataset = shellDataset(join(scratch.root, 'dataset'), { ownImages: 'each', tasks });
  for (const id of tasks) {
    const task = join(dataset, `shell_task/task${id}`);
    await fake.addImage(imageOf(dataset, id), async (image) => {
      execFileSync('sh', [join(task, 'setup.sh'), join(image, 'workspace/repo')]);
      for (const name of ['run_tests.sh', 'runner.sh'])
        copyExecutable(join(task, name), join(image, 'usr/local/bin', name));
    });
  }
  const here = ['--dataset-dir', dataset, '--log-dir', scratch.logs];
  const run = ['run', '-n', 'x', '-a', 'oracle', '--backend', 'local', '--unisolated', ...here];
  const ending = await cooperbench(scratch, run);
  expect(ending.code, ending.stderr).toBe(0);
  const verdicts = () =>
    tasks.map((id) => {
      const { backend, ...verdict } = readJson(scratch.logs, `x/coop/shell_task/${id}/f1_f2/eval.json`);
      return { backend, ...verdict, evaluated_at: '', inputs_hash: '', versions: '' };
    });
  const local = verdicts();

  const evaluate = ['eval', '-n', 'x', '--force', '--backend', 'gcp', '-c', '4', ...here];
  const { code, stdout, stderr } = await cooperbench(scratch, evaluate, { env: fake.environment });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: expect.any(String) });
  expect(verdicts()).toEqual(local.map((verdict) => ({ ...verdict, backend: 'gcp' })));
  expect(local[0]).toMatchObject({ backend: 'local', overall_success: true });
  expect(fake.made).toHaveLength(tasks.length);
  expect(await fake.left()).toEqual([]);
});

function copyExecutable(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}
