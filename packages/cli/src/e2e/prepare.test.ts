import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildContents,
  buildExpectedContents,
  patchOf,
  smallDataset,
  type TestHub,
  task,
  withFile,
} from '@cooperbench/testing/hub';
import { describe, expect, test } from 'vitest';
import { createScratch, type Ending, type Scratch, start } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { startHub } from './hub.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const patch = 'abc_task/task1/feature1/feature.patch';
const big = withFile(smallDataset, { path: patch, content: patchOf(300_000), kind: 'lfs' });
const commitOf = (hub: TestHub): string => hub.revisions.get('main')?.sha ?? '';

function prepare(
  scratch: Scratch,
  hub: TestHub,
  args = '',
  env: Record<string, string> = {},
): Promise<Ending> {
  return cooperbench(scratch, ['prepare', ...args.split(' ').filter(Boolean)], {
    env: { HF_ENDPOINT: hub.url, ...env },
  });
}

test('downloads into dataset/, says so in lines, and the tasks can be listed', async () => {
  const [scratch, hub] = [createScratch(), await startHub()];
  const { code, stdout, stderr } = await prepare(scratch, hub);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout.replace(/in [\d.]+s$/m, 'in 1s')).toBe(
    [
      `CodeConflict/cooperbench-dataset main: ${commitOf(hub)}`,
      '11 files: 0 up to date, 11 to download (6.3 kB)',
      'Downloaded 11 files (6.3 kB) in 1s',
      `${scratch.root}/dataset has 1 task with 1 pair\n`,
    ].join('\n'),
  );
  expect((await cooperbench(scratch, ['list', 'tasks'])).stdout).toBe('abc_task\t1\t1,2\t1\n');
});

test('--json prints what it came to, --reporter json every event, a pipe that closes ends nothing', async () => {
  const [scratch, hub] = [createScratch(), await startHub()];
  expect(JSON.parse((await prepare(scratch, hub, '--json --dataset-dir a')).stdout)).toMatchObject({
    revision: commitOf(hub),
    directory: `${scratch.root}/a`,
    downloaded: 11,
    tasks: 1,
    pairs: 1,
  });
  const { stdout } = await prepare(scratch, hub, '--reporter json --dataset-dir b');
  const types = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).type);
  expect(types).toEqual(['resolved', 'compared', ...Array(11).fill('file'), 'finished']);
  expect((await prepare(scratch, hub, '--reporter silent --dataset-dir c')).stdout).toBe('');
  const piped = start(scratch, ['prepare', '--dataset-dir', 'd'], { env: { HF_ENDPOINT: hub.url } });
  piped.ended.catch(() => {});
  piped.child.stdout?.destroy();
  expect(await once(piped.child, 'exit')).toEqual([0, null]);
  expect(buildContents(join(scratch.root, 'd'))).toEqual(buildExpectedContents(smallDataset));
});

test('killed again and again, every file is complete or missing, and the same command completes', async () => {
  const [scratch, hub] = [createScratch(), await startHub([...big, ...task('def_task/task2', [1, 2, 3])])];
  hub.bytesPerSecond = 150_000;
  const completeResult = buildExpectedContents(hub.revisions.get('main')?.files ?? []);
  const root = join(scratch.root, 'dataset');
  let kills = 0;
  for (const readyBytes of [50_000, 150_000]) {
    const { child, ended } = start(scratch, ['prepare'], { env: { HF_ENDPOINT: hub.url } });
    await expect.poll(() => unfinishedBytes(root), { interval: 10 }).toBeGreaterThanOrEqual(readyBytes);
    child.kill('SIGKILL');
    expect(await ended).toMatchObject({ signal: 'SIGKILL' });
    kills += 1;
    for (const [path, content] of Object.entries(buildContents(root)).filter(
      ([path]) => !path.startsWith('.'),
    ))
      expect({ path, content }).toEqual({ path, content: completeResult[path] });
    expect(existsSync(join(root, patch))).toBe(false);
  }
  expect(kills).toBe(2);
  const { code, stdout } = await prepare(scratch, hub, '--json');
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, tasks: 2, pairs: 4 });
  expect(buildContents(root)).toEqual(completeResult);
});

test('Ctrl-C ends it with 130; the same command goes on', async () => {
  const [scratch, hub] = [createScratch(), await startHub(big)];
  hub.bytesPerSecond = 100_000;
  const root = join(scratch.root, 'dataset');
  const { child, ended } = start(scratch, ['prepare'], { env: { HF_ENDPOINT: hub.url } });
  await expect.poll(() => unfinishedBytes(root), { interval: 10 }).toBeGreaterThanOrEqual(20_000);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130, stderr: 'Error: Interrupted.\n' });
  hub.bytesPerSecond = undefined;
  expect(await prepare(scratch, hub)).toMatchObject({ code: 0 });
  expect(buildContents(root)).toEqual(buildExpectedContents(big));
});

test('--validate writes the references of what it downloaded, and the next prepare keeps them', async () => {
  const scratch = createScratch();
  const source = shellDataset(join(scratch.root, 'source'));
  const files = Object.entries(buildContents(source)).map(([path, content]) => ({ path, content }));
  const hub = await startHub(files);
  const validate = '--validate --backend local';
  const { code, stdout, stderr } = await prepare(scratch, hub, validate);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /has 1 task with 1 pair\n.*\n\[CooperBench\] Validating 2 features, backend local\n[\s\S]*References: 2 written, 0 already there, in .*\n$/,
  );
  const ending = await prepare(scratch, hub, `${validate} --json`);
  expect(JSON.parse(ending.stdout)).toMatchObject({
    ...{ downloaded: 0, kept: [], removed: [] },
    references: [1, 2].map((feature) => ({ feature, state: 'current', count: 1 })),
  });
  const hidden = files.map((file) =>
    file.path.endsWith('feature2/tests.patch')
      ? { ...file, content: file.content.replace('"feature 2"', '"feature 3"') }
      : file,
  );
  const brokenEnding = await prepare(scratch, await startHub(hidden), validate);
  expect(brokenEnding.code).toBe(1);
  expect(brokenEnding.stdout).toContain('shell_task/1 feature 2 failed: 1 of 1 tests failed\n');
});

describe('at the same time are', () => {
  /** A backend that writes how many images it was asked for at once, and how many test runs it may make at once. */
  const counting = `import { appendFileSync } from 'node:fs';
let now = 0;
let peak = 0;
const backend = {
  create: () => Promise.reject(new Error('not here')),
  async prepare() {
    peak = Math.max(peak, ++now);
    await new Promise((resolve) => setTimeout(resolve, 30));
    now -= 1;
    return { from: 'image', reference: 'r', made: true };
  },
  async *runJobs(jobs, { concurrency }) {
    appendFileSync('said', 'tests ' + concurrency);
    for await (const { key } of jobs) yield { key, error: new Error('not here') };
  },
  async [Symbol.asyncDispose]() {
    if (peak > 0) appendFileSync('said', 'images ' + peak);
  },
};
export default { name: 'counting', apiVersion: 1,
  backends: { counting: { create: () => { peak = 0; return backend; } } },
  agents: { plain: { create: () => ({ run: async () => ({ status: 'Completed' }) }) } },
};`;
  const images = '--agent plain --dataset-dir images';
  test.for([
    [images, {}, 'images 2'],
    [`${images} -c 4`, {}, 'images 4'],
    [`${images} --build-concurrency 3`, {}, 'images 3'],
    [images, { COOPERBENCH_BUILD_CONCURRENCY: '1', COOPERBENCH_PREPARE_CONCURRENCY: '5' }, 'images 1'],
    ['--validate', {}, 'tests 10'],
    ['--validate -c 3', {}, 'tests 10'],
    ['--validate --eval-concurrency 7', {}, 'tests 7'],
    ['--validate', { COOPERBENCH_EVAL_CONCURRENCY: '6' }, 'tests 6'],
  ] as const)('%s %j: %s', async ([args, env, expected]) => {
    const scratch = createScratch();
    shellDataset(join(scratch.root, 'images'), { tasks: [1, 2, 3, 4, 5] });
    writeFileSync(join(scratch.root, 'counting.mjs'), counting);
    writeFileSync(
      join(scratch.root, 'cooperbench.config.json'),
      JSON.stringify({ plugins: ['./counting.mjs'], backend: 'counting' }),
    );
    await prepare(scratch, await startHub(), args, env);
    expect(readFileSync(join(scratch.root, 'said'), 'utf8')).toBe(expected);
  });
});

describe('exit codes', () => {
  test.for([
    ['2, configuration', /tree/, 401, '', 2],
    ['1, infrastructure', /resolve/, 404, 'EntryNotFound', 1],
  ] as const)('%s, and the token is nowhere', async ([, at, status, header, exitCode]) => {
    const [scratch, hub] = [createScratch(), await startHub()];
    hub.token = 'hf_topsecret';
    hub.faults = [{ at, status, headers: { 'x-error-code': header } }];
    const ending = await prepare(scratch, hub, '', { HF_TOKEN: 'hf_topsecret', DEBUG: '1' });
    expect(ending.code).toBe(exitCode);
    expect(ending.stdout + ending.stderr + JSON.stringify(buildContents(scratch.root))).not.toContain(
      'topsecret',
    );
    hub.faults = [];
    expect(await prepare(scratch, hub, '', { HF_TOKEN: 'hf_topsecret' })).toMatchObject({ code: 0 });
    const record = readFileSync(join(scratch.root, 'dataset/.cooperbench-dataset.json'), 'utf8');
    expect(record + JSON.stringify(buildContents(scratch.root))).not.toContain('topsecret');
  });

  test('2 for an unknown reporter, before anything is asked of the Hub', async () => {
    const [scratch, hub] = [createScratch(), await startHub()];
    expect(await prepare(scratch, hub, '--reporter jsn')).toMatchObject({
      code: 2,
      stderr: 'Error: There is no reporter "jsn".\nDid you mean "json"?\n',
    });
    expect(hub.seen).toEqual([]);
  });
});

function unfinishedBytes(root: string): number {
  const folder = join(root, '.cooperbench-download/files');
  if (!existsSync(folder)) return 0;
  const sizes = readdirSync(folder).map((name) => {
    try {
      return readFileSync(join(folder, name)).length;
    } catch {
      return 0;
    }
  });
  return Math.max(0, ...sizes);
}
