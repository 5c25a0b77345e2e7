import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tests from '@cooperbench/evaluator-tests';
import { createContainer, tokens } from '@cooperbench/runs';
import { addLine, formatNewFilePatch, hostBackend } from '@cooperbench/testing';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { validateDataset } from '../validation/validate-dataset.ts';
import { createTask } from './create-task.ts';

let dataset: string;

beforeEach(() => {
  dataset = mkdtempSync(join(tmpdir(), 'cooperbench-create-'));
  onTestFinished(() => rmSync(dataset, { recursive: true, force: true }));
});

test('a created task is accepted by dataset validate when its blanks are filled, and not before', async () => {
  const { directory, files } = await createTask(dataset, 'shop/1', 2);
  expect(directory).toBe(join(dataset, 'shop_task/task1'));
  expect(files).toEqual([
    ...['Dockerfile', 'feature1/feature.md', 'feature1/feature.patch', 'feature1/tests.patch'],
    ...['feature2/feature.md', 'feature2/feature.patch', 'feature2/tests.patch', 'repo/README.md'],
    ...['run_tests.sh', 'runner.sh', 'setup.sh', 'task.json'],
  ]);
  expect(JSON.parse(readFileSync(join(directory, 'task.json'), 'utf8'))).toMatchObject({
    image: 'shop:task1',
  });
  const host = createContainer([
    tests(),
    { name: 'test', apiVersion: 1, backends: { host: { create: hostBackend } } },
  ]).get(tokens.host);
  const validate = () => validateDataset(host, { datasetDir: dataset, backend: 'host', concurrency: 2 });
  await expect(validate()).rejects.toMatchObject({
    code: 'TASK_BROKEN',
    message: expect.stringContaining('feature1/tests.patch is empty'),
  });

  rmSync(join(directory, 'repo/README.md'));
  writeFileSync(join(directory, 'repo/lib.txt'), 'top\n\n\n\nmiddle\n\n\n\nbottom\n');
  const program = join(directory, 'run_tests.sh');
  const [filled = ''] = readFileSync(program, 'utf8').split('# FILL IN');
  writeFileSync(program, `${filled}exec sh check.sh\n`);
  for (const feature of [1, 2]) {
    const check = `echo 1..1; case $(cat lib.txt) in *"feature ${feature}"*) echo ok 1 adds ;; *) echo not ok 1 adds; exit 1 ;; esac\n`;
    writeFileSync(join(directory, `feature${feature}/feature.md`), `Add feature ${feature}.\n`);
    writeFileSync(join(directory, `feature${feature}/feature.patch`), addLine(feature));
    writeFileSync(join(directory, `feature${feature}/tests.patch`), formatNewFilePatch('check.sh', check));
  }
  expect(await validate()).toMatchObject([
    { feature: 1, state: 'written', count: 1, pass_without: [] },
    { feature: 2, state: 'written', count: 1, pass_without: [] },
  ]);
});

test('an unfilled test command says so', async () => {
  const { directory } = await createTask(dataset, 'shop_task/task2', 1);
  const repo = join(dataset, 'work');
  execFileSync('sh', [join(directory, 'setup.sh'), repo]);
  const patch = join(dataset, 'tests.patch');
  writeFileSync(patch, formatNewFilePatch('a.txt', 'a\n'));
  expect(() => execFileSync('sh', [join(directory, 'run_tests.sh'), repo, patch], { stdio: 'pipe' })).toThrow(
    'run_tests.sh: the command that runs the tests is not filled in',
  );
});

test('an existing task stays as it is, and a strange name is refused', async () => {
  const { directory } = await createTask(dataset, 'shop/1', 1);
  writeFileSync(join(directory, 'setup.sh'), 'mine\n');
  await expect(createTask(dataset, 'shop/1', 2)).rejects.toMatchObject({ code: 'DATASET_TASK' });
  expect(readFileSync(join(directory, 'setup.sh'), 'utf8')).toBe('mine\n');
  for (const name of ['shop', '../x/1', 'Shop/1', 'shop/one', 'shop/1/2'])
    await expect(createTask(dataset, name, 1)).rejects.toMatchObject({
      code: 'DATASET_TASK',
      message: `The task is ${JSON.stringify(name)}; expected REPO/ID.`,
    });
  expect(readdirSync(join(dataset, 'shop_task'))).toEqual(['task1']);
});
