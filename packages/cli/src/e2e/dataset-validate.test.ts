import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createScratch, sampleDataset, unisolated } from './cli.test.support.ts';
import { goldenPatch, shellDataset } from './dataset.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const validate = ['dataset', 'validate', '--backend', 'local'];

test('the references of the sample dataset fit its tasks', async () => {
  const args = [...validate, '--dataset-dir', sampleDataset, '--json'];
  const { code, stdout } = await cooperbench(createScratch(), args);
  expect(code).toBe(0);
  const features = JSON.parse(stdout) as object[];
  expect(features).toHaveLength(13);
  for (const feature of features) expect(feature).toMatchObject({ state: 'current', by_name: true });
});

test('a golden patch that does not pass its own tests is named, with exit code 1; the others are written', async () => {
  const scratch = createScratch();
  const dataset = shellDataset(join(scratch.root, 'dataset'));
  const feature = (id: number): string => join(dataset, 'shell_task/task1', `feature${id}`);
  writeFileSync(join(feature(1), 'feature.patch'), goldenPatch(2));
  const { code, stdout, stderr } = await cooperbench(scratch, [...validate, '-c', '1']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout.replace(/in [\d.]+m?s$/m, 'in 1s')).toBe(`\
${unisolated}[CooperBench] Validating 2 features, backend local
[1/2] shell_task/1 feature 1 failed: 1 of 1 tests failed
[2/2] shell_task/1 feature 2: 1 test, only counted: the runner does not print their names

[CooperBench] References: 1 written, 0 already there, 1 failed, in 1s
`);
  expect([1, 2].map((id) => existsSync(join(feature(id), 'reference.json')))).toEqual([false, true]);
  expect((await cooperbench(scratch, [...validate, '-f', '2'])).code).toBe(0);
});

test('--merges prints how each pair merges, and ends with exit code 1 when a golden patch does not apply', async () => {
  const scratch = createScratch();
  const dataset = shellDataset(join(scratch.root, 'dataset'));
  const merges = [...validate, '--merges', '--dataset-dir', dataset, '--reporter', 'silent'];
  expect(await cooperbench(scratch, merges)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 merged: 1 clean, 0 with conflicts (0.0%), 0 errors'),
  });
  const brokenSource = goldenPatch(2).replaceAll('lib.txt', 'none.txt');
  writeFileSync(join(dataset, 'shell_task/task1/feature2/feature.patch'), brokenSource);
  const { code, stdout } = await cooperbench(scratch, merges);
  expect(code).toBe(1);
  expect(stdout).toContain('feature 2 does not apply');
  expect(stdout).toContain(
    '1 merged: 0 clean, 0 with conflicts (0.0%), 1 with a patch that does not apply, 0 errors',
  );
});

describe('dataset validate refuses, with exit code 2,', () => {
  test.for([
    ['features that are not ids', '-f one', '--features "one" is not a list of feature ids.'],
    ['a feature that no task has', '-f 9 --backend local', 'No selected task has a feature 9.'],
    ['a repository that is not there', '-r recur_tsk', 'The dataset has no repository "recur_tsk".'],
    ['a backend that is not there', '--force --backend nowhere', 'There is no backend "nowhere".'],
  ])('%s', async ([, words = '', output]) => {
    const args = ['dataset', 'validate', '--dataset-dir', sampleDataset, ...words.split(' ')];
    const { code, stderr } = await cooperbench(createScratch(), args);
    expect({ code, said: stderr.split('\n')[0] }).toEqual({ code: 2, said: `Error: ${output}` });
  });
});
