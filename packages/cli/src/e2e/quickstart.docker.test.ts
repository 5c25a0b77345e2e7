import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createScratch, type Ending, sampleDataset } from './cli.test.support.ts';
import { scriptedModel } from './dataset.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('docker');

/** A pair of each sample task is enough: `golden.docker.test.ts` runs them all. */
const pairs = { recur_task: [2, 4], text_table_task: [1, 2], ttl_cache_task: [1, 2] };

function smallDataset(root: string): string {
  const dataset = join(root, 'dataset');
  for (const [repo, features] of Object.entries(pairs)) {
    cpSync(join(sampleDataset, repo), join(dataset, repo), { recursive: true });
    for (const task of readdirSync(join(dataset, repo)))
      for (const name of readdirSync(join(dataset, repo, task)))
        if (/^feature\d+$/.test(name) && !features.includes(Number(name.slice('feature'.length))))
          rmSync(join(dataset, repo, task, name), { recursive: true });
  }
  return dataset;
}

/** Returns the original's quickstart, with only the repository, the task, the model and the backend replaced. */
test(`the quickstart's commands work on the sample dataset${reason}`, async () => {
  const scratch = createScratch();
  const model = scriptedModel(scratch.root, [{ turns: [{ say: 'I look.', run: 'git log --oneline' }] }]);
  const env = {
    COOPERBENCH_BACKEND_OPTION: 'docker.baseImage=cooperbench-test/base',
    COOPERBENCH_DATASET_DIR: smallDataset(scratch.root),
    COOPERBENCH_LOG_DIR: scratch.logs,
  };
  const quick = async (line: string): Promise<Ending> =>
    runInProcess(
      scratch,
      line.split(' ').map((word) => (word === 'MODEL' ? model : word)),
      { env },
    );
  const on = '-r recur_task -m MODEL --backend docker';
  const first = await quick(`run -n my-first-experiment ${on}`);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toContain('[CooperBench] Found 1 trial');
  for (const line of [
    `run -n my-solo-experiment ${on} --setting solo`,
    'eval -n my-first-experiment',
    'run -n test-task -r ttl_cache_task -t 27 -m MODEL --backend docker',
    'run -n test-features -r text_table_task -f 1,2 -m MODEL --backend docker',
    `run -n git-collab ${on} --git`,
    `run -n no-msg ${on} --no-messaging`,
    `run -n test ${on} -c 50`,
    'run -n test --backend docker -m MODEL -c 5',
  ])
    expect([line, await quick(line)]).toMatchObject([line, { code: 0, stderr: '' }]);
  // Another agent under the same name is refused, because its results would be kept as the first one's.
  const refusal = await quick('run -n test -r recur_task -a oracle --backend docker');
  expect(refusal).toMatchObject({ code: 2, stderr: expect.stringMatching(/options[\s\S]*agent/) });
});
