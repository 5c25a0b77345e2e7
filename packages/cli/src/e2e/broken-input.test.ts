import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScratch, type Scratch, unisolated } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';
import { expectNothingLeft } from './processes.test.support.ts';
import { readJson } from './run-files.test.support.ts';

const oracle = (scratch: Scratch, dataset: string, ...extraArgs: string[]): string[] => [
  ...['run', '-a', 'oracle', '--backend', 'local', '-n', 'x', '--dataset-dir', dataset],
  ...['--log-dir', scratch.logs, ...extraArgs],
];
const notUtf8 = Buffer.from([0xff, 0xfe, 0x41]);

describe('a dataset', () => {
  test('that is missing or empty is refused', async () => {
    const scratch = createScratch();
    const none = join(scratch.root, 'none');
    expect(await cooperbench(scratch, oracle(scratch, none))).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `Error: There is no dataset directory at ${none}.\nName one with --dataset-dir, download the public one with cooperbench prepare, or install a small one: npm install @cooperbench/sample-dataset, then --dataset-dir node_modules/@cooperbench/sample-dataset.\n`,
    });
    mkdirSync(join(none, 'subsets'), { recursive: true });
    expect(await cooperbench(scratch, oracle(scratch, none))).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `Error: The dataset directory ${none} contains no tasks.\nTasks are folders <repo>_task/task<id>/feature<N>; name another directory with --dataset-dir.\n`,
    });
  });

  test('with a feature.md that is not UTF-8 runs its other tasks and names the broken one', async () => {
    const scratch = createScratch();
    const dataset = shellDataset(join(scratch.root, 'dataset'), { tasks: [1, 2] });
    const feature = join(dataset, 'shell_task/task2/feature1/feature.md');
    writeFileSync(feature, notUtf8);
    const { code, stdout, stderr } = await cooperbench(scratch, oracle(scratch, dataset));
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const leftOut = `Warning: shell_task/task2 is left out: ${feature} is not UTF-8 text`;
    expect(stdout.split('\n')[0]).toBe(`[CooperBench] ${leftOut}`);
    const silent = await cooperbench(scratch, oracle(scratch, dataset, '--reporter', 'silent'));
    expect(silent).toMatchObject({ code: 1, stdout: '', stderr: `${leftOut}\n` });
    // Nobody asks for the task that is broken.
    expect((await cooperbench(scratch, oracle(scratch, dataset, '-t', '1'))).code).toBe(0);
    expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({
      total_tasks: 1,
      completed: 1,
      pass_rate: 1,
    });
    expect(await cooperbench(scratch, oracle(scratch, dataset, '-t', '2'))).toMatchObject({
      code: 2,
      stderr: `Error: Task 2 of shell_task cannot be used: ${feature} is not UTF-8 text.\n`,
    });
    expect(await cooperbench(scratch, oracle(scratch, dataset, '--dry-run'))).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(
        `Warning: shell_task/task2 is left out: ${feature} is not UTF-8 text\n`,
      ),
    });
  });

  test('of which a task breaks after the run blocks the evaluation of no other', async () => {
    const scratch = createScratch();
    const dataset = shellDataset(join(scratch.root, 'dataset'), { tasks: [1, 2] });
    await cooperbench(scratch, oracle(scratch, dataset, '--no-auto-eval'));
    const tests = join(dataset, 'shell_task/task2/feature1/tests.patch');
    writeFileSync(tests, '');
    const evaluation = ['eval', '-n', 'x', '--dataset-dir', dataset, '--log-dir', scratch.logs];
    const { code, stdout } = await cooperbench(scratch, evaluation);
    expect(code).toBe(1);
    expect(stdout).toContain(`Warning: coop/shell_task/2/f1_f2 is left out: ${tests} is empty\n`);
    expect(readJson(scratch.logs, 'x/eval_summary.json')).toMatchObject({ passed: 1 });
    writeFileSync(join(dataset, 'shell_task/task1/feature1/tests.patch'), '');
    expect((await cooperbench(scratch, evaluation)).code).toBe(2);
  });

  test('whose tests do not apply to its source loses that task by name, before anything runs', async () => {
    const scratch = createScratch();
    const dataset = shellDataset(join(scratch.root, 'dataset'), { tasks: [1, 2] });
    const task = join(dataset, 'shell_task/task2');
    const stale = '--- a/lib.txt\n+++ b/lib.txt\n@@ -1 +1 @@\n-no such line\n+a test\n';
    writeFileSync(join(task, 'feature1/tests.patch'), stale);
    const { code, stdout } = await cooperbench(scratch, oracle(scratch, dataset));
    expect(code).toBe(1);
    expect(stdout.split('\n')[0]).toBe(
      `[CooperBench] Warning: shell_task/task2 is left out: ${task}/feature1/tests.patch does not apply to ${task}/repo: lib.txt: patch does not apply`,
    );
    expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({ total_tasks: 1, completed: 1 });
  });

  test('of which every task is broken is refused, each with its reason', async () => {
    const scratch = createScratch();
    const dataset = shellDataset(join(scratch.root, 'dataset'), { tasks: [1, 2] });
    rmSync(join(dataset, 'shell_task/task1/feature2/tests.patch'));
    writeFileSync(join(dataset, 'shell_task/task2/task.json'), '{');
    const { code, stdout, stderr } = await cooperbench(scratch, oracle(scratch, dataset));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^Error: No task of \S+ can be used:\n {2}shell_task\/task1: \S+\/task1\/feature2\/tests\.patch is missing\n {2}shell_task\/task2: \S+\/task\.json is not JSON: .*\n$/,
    );
    expect(readdirSync(scratch.root)).not.toContain('logs');
  });

  test('whose setup script fails loses that task alone, exit 1, and the repeated command tries again', async () => {
    const scratch = createScratch();
    const dataset = shellDataset(join(scratch.root, 'dataset'), { tasks: [1, 2] });
    const setup = join(dataset, 'shell_task/task2/setup.sh');
    const wholeText = readFileSync(setup, 'utf8');
    writeFileSync(setup, `[ -e /task/../ok ] || { echo no compiler >&2; exit 4; }\n${wholeText}`);
    const { code, stderr } = await cooperbench(scratch, oracle(scratch, dataset));
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({
      total_tasks: 2,
      completed: 1,
      failed: 1,
    });
    expect(readJson(scratch.logs, 'x/coop/shell_task/2/f1_f2/eval.json').error).toContain(
      'task2/setup.sh exited 4: no compiler',
    );
    await expectNothingLeft(scratch);
  });
});

describe('a result.json cut in half', () => {
  test('is reported and kept aside, and its trial alone is run again', async () => {
    const scratch = createScratch();
    const dataset = shellDataset(join(scratch.root, 'dataset'), { features: [1, 2, 3] });
    await cooperbench(scratch, oracle(scratch, dataset));
    const trials = join(scratch.logs, 'x/coop/shell_task/1');
    const runId = (pair: string): unknown => readJson(trials, pair, 'result.json').run_id;
    const before = { f1_f2: runId('f1_f2'), f1_f3: runId('f1_f3') };
    const path = join(trials, 'f1_f2/result.json');
    truncateSync(path, 200);

    const evaluation = await cooperbench(scratch, [
      ...['eval', '-n', 'x', '--dataset-dir', dataset, '--log-dir', scratch.logs],
    ]);
    expect(evaluation.code).toBe(0);
    expect(evaluation.stdout).toMatch(
      /^\[CooperBench\] Warning: \S+\/f1_f2\/result\.json is broken \(.*\) and left out\. Repeat the run to create it again\.\n/,
    );

    const { code, stdout, stderr } = await cooperbench(scratch, oracle(scratch, dataset));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [, aside] =
      /result\.json is broken \(.*\)\. It is kept as (\S+), and the trial runs again\./.exec(stdout) ?? [];
    expect(readFileSync(aside ?? '')).toHaveLength(200);
    expect(stdout).toContain('Found 3 trials (2 already done)');
    expect(runId('f1_f2')).toMatch(/^[0-9a-f]{8}$/);
    expect(runId('f1_f2')).not.toBe(before.f1_f2);
    expect(runId('f1_f3')).toBe(before.f1_f3);
  });
});

/** Replaces a file by a directory with a file in it: even root cannot read the one or write the other. */
function directoryAt(path: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  writeFileSync(join(path, 'file'), '');
}

describe('a file of a run that nobody can use', () => {
  const made = createScratch(afterAll);
  const dataset = join(made.root, 'dataset');
  beforeAll(async () => {
    shellDataset(dataset, { features: [1, 2, 3] });
    await cooperbench(made, oracle(made, dataset));
  });
  /** Returns a copy of the same run for each test. */
  const ranAlready = (): { place: Scratch; run: string; trials: string; evaluation: string[] } => {
    const scratch = createScratch();
    cpSync(made.logs, scratch.logs, { recursive: true });
    const run = join(scratch.logs, 'x');
    const evaluation = ['eval', '-n', 'x', '--dataset-dir', dataset, '--log-dir', scratch.logs];
    return { place: scratch, run, trials: join(run, 'coop/shell_task/1'), evaluation };
  };

  test('fails only its own trial, and stays until the user decides', async () => {
    const { place, run, trials } = ranAlready();
    directoryAt(join(trials, 'f1_f2/result.json'));
    directoryAt(join(trials, 'f1_f3/agent1.patch'));
    const reason = 'it is a directory';
    const reasons = {
      f1_f2: `${trials}/f1_f2/result.json cannot be used: ${reason}`,
      f1_f3: `${trials}/f1_f3/agent1.patch cannot be read: ${reason}`,
      f2_f3: null,
    };
    const { code, stdout, stderr } = await cooperbench(place, oracle(place, dataset));
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(
      `Warning: ${reasons.f1_f2}. The trial is an error until you correct or remove it, or run it again with --force.\n`,
    );
    for (const [pair, error] of Object.entries(reasons))
      expect(readJson(trials, pair, 'eval.json')).toMatchObject({ error });
    expect(readJson(run, 'summary.json')).toMatchObject({ total_tasks: 3, failed: 1, completed: 2 });
    expect(readJson(run, 'eval_summary.json')).toMatchObject({ passed: 1, errors: 2, skipped: 1 });
    expect(readdirSync(join(trials, 'f1_f2/result.json'))).toEqual(['file']);

    await cooperbench(place, oracle(place, dataset, '--force', '-f', '1,2'));
    expect(readJson(run, 'summary.json')).toMatchObject({ failed: 0, eval: { passed: 2, errors: 1 } });
  });

  test('is named and blocks no other trial when it has 700 MB', async () => {
    const { place, trials, evaluation } = ranAlready();
    truncateSync(join(trials, 'f1_f2/result.json'), 700 * 1024 * 1024);
    truncateSync(join(trials, 'f1_f3/eval.json'), 700 * 1024 * 1024);
    const reason = 'it has 700 MiB, and at most 256 MiB are read';
    const result = `${trials}/f1_f2/result.json cannot be used: ${reason}`;
    const ending = await cooperbench(place, ['show', 'x', '--log-dir', place.logs]);
    expect(ending).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('3 trials: 1 error, 1 not evaluated, 1 passed'),
      stderr: `Warning: ${result}\nWarning: ${trials}/f1_f3/eval.json: ${reason}\n`,
    });
    const report = await cooperbench(place, ['report', 'x', '--log-dir', place.logs]);
    expect(report).toMatchObject({ code: 0, stdout: expect.stringContaining(result) });
    expect((await cooperbench(place, evaluation)).code).toBe(1);
    for (const [pair, error] of [
      ['f1_f2', result],
      ['f1_f3', null],
      ['f2_f3', null],
    ] as const)
      expect(readJson(trials, pair, 'eval.json')).toMatchObject({ error });
    const rerun = await cooperbench(place, oracle(place, dataset));
    expect(rerun).toMatchObject({ code: 1, stdout: expect.stringContaining(`Warning: ${result}. `) });
  });

  test('is named with both sizes when it is a patch that changed after the run', async () => {
    const { place, run, trials, evaluation } = ranAlready();
    const emptied = join(trials, 'f1_f2/agent1.patch');
    const cut = join(trials, 'f1_f3/agent3.patch');
    const { length } = readFileSync(emptied);
    truncateSync(emptied, 0);
    const cutLength = readFileSync(cut).length;
    truncateSync(cut, cutLength - 2);
    expect((await cooperbench(place, evaluation)).code).toBe(1);
    const differs = 'is not the patch that result.json records: it has';
    expect(readJson(trials, 'f1_f2/eval.json').error).toBe(
      `${emptied} ${differs} 0 bytes, recorded are ${length}`,
    );
    expect(readJson(trials, 'f1_f3/eval.json').error).toBe(
      `${cut} ${differs} ${cutLength - 2} bytes, recorded are ${cutLength}`,
    );
    expect(readJson(run, 'eval_summary.json')).toMatchObject({ passed: 1, failed: 0, errors: 2 });
  });

  test('is named when a seat has a name that no object can have as a key', async () => {
    const { place, trials, evaluation } = ranAlready();
    for (const [pair, name] of [
      ['f1_f2', '__proto__'],
      ['f1_f3', 'constructor'],
    ] as const) {
      const path = join(trials, pair, 'result.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"agent1"', `"${name}"`));
    }
    const { code } = await cooperbench(place, evaluation);
    expect(code).toBe(1);
    const reason = (pair: string, name: string): string =>
      `${trials}/${pair}/result.json cannot be used: found the seat "${name}", expected a name such as agent1`;
    expect(readJson(trials, 'f1_f2/eval.json').error).toBe(reason('f1_f2', '__proto__'));
    expect(readJson(trials, 'f1_f3/eval.json').error).toBe(reason('f1_f3', 'constructor'));
    const ending = await cooperbench(place, ['show', 'x', 'f1_f2', '--log-dir', place.logs]);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(ending.stdout).toContain('__proto__');
  });

  test('is kept aside and written again when it is an eval.json', async () => {
    const { place, run, trials, evaluation } = ranAlready();
    truncateSync(join(trials, 'f1_f2/eval.json'), 200);
    directoryAt(join(trials, 'f1_f3/eval.json'));
    const { code, stdout } = await cooperbench(place, evaluation);
    expect(code).toBe(0);
    const aside = [
      ...stdout.matchAll(/eval\.json is broken \(.*\)\. It is kept as (\S+), and the trial is/g),
    ];
    const [cut = '', folder = ''] = aside.map(([, path = '']) => path).sort();
    expect(readFileSync(cut)).toHaveLength(200);
    expect(readdirSync(folder)).toEqual(['file']);
    expect(readJson(run, 'eval_summary.json')).toMatchObject({ passed: 3, skipped: 1 });
  });

  test('is named when it cannot be written', async () => {
    const { place, run, evaluation } = ranAlready();
    directoryAt(join(run, 'eval_summary.json'));
    const { code, stderr } = await cooperbench(place, evaluation);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Error: Results cannot be written to \S+\/logs\/x: EISDIR: .*eval_summary\.json'\nFree some space or name another directory with --log-dir\. Then repeat the command: it keeps every result that is complete\.\n$/,
    );
  });

  test('is refused when it is a symbolic link, as is a run that is one', async () => {
    const { place, run, evaluation } = ranAlready();
    const elsewhere = join(place.root, 'elsewhere');
    renameSync(run, elsewhere);
    symlinkSync(elsewhere, run);
    const refusal = `Error: ${run} is a symbolic link.\nA run's folder holds only files and folders. Remove it, or put a copy of what it names in its place.\n`;
    for (const [command, stdout] of [
      [evaluation, ''],
      [oracle(place, dataset), unisolated],
    ] as const)
      expect(await cooperbench(place, command)).toMatchObject({ code: 2, stdout, stderr: refusal });
  });
});

describe('a log directory', () => {
  test('where no folder can be made is refused', async () => {
    const scratch = createScratch();
    const dataset = shellDataset(join(scratch.root, 'dataset'));
    writeFileSync(scratch.logs, 'a file');
    const { code, stdout, stderr } = await cooperbench(
      scratch,
      oracle(scratch, dataset, '--reporter', 'silent'),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^Error: Nothing can be written to \S+\/logs\/x: E\w+: .*\nFree some space or name another directory with --log-dir\.\n$/,
    );
  });
});
