import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  cooperbench,
  createScratch,
  type Ending,
  type Scratch,
  sampleDataset,
  start,
} from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { expectNothingLeft } from './processes.test.support.ts';
import { filesBelow, readJson } from './run-files.test.support.ts';

/** Puts a plugin into a project that names it, and runs a command there. */
async function withPlugin(
  scratch: Scratch,
  brings: string,
  args: readonly string[],
  env: Record<string, string> = {},
  runs = cooperbench,
): Promise<Ending> {
  writeFileSync(
    join(scratch.root, 'mine.mjs'),
    `export default { name: 'mine', apiVersion: 1, version: '1.0.0', ${brings} };\n`,
  );
  writeFileSync(join(scratch.root, 'cooperbench.config.yaml'), 'plugins:\n  - ./mine.mjs\n');
  return runs(scratch, args, { env });
}

const agent = (run: string): string =>
  `agents: { a: { untrusted: () => false, create: () => ({ async run(task, { signal }) { ${run} } }) } }`;

const run = (scratch: Scratch, ...extraArgs: string[]): string[] => [
  ...['run', '-n', 'x', '--backend', 'local', '-c', '1', '--log-dir', scratch.logs],
  ...['--dataset-dir', shellDataset(join(scratch.root, 'dataset'), { tasks: [1, 2] }), ...extraArgs],
];

const silent = ['--reporter', 'silent'];

describe('a plugin that fails is named', () => {
  const here = (scratch: Scratch, brings: string, args: readonly string[], env = {}): Promise<Ending> =>
    withPlugin(scratch, brings, args, env, runInProcess);

  test('before anything is run, with exit code 2; with DEBUG=1 also where', async () => {
    const scratch = createScratch();
    const brokenSource = `agents: { a: { create() { throw new Error('no framework'); } } }`;
    const text =
      'Error: The agent "a" of plugin mine could not be created: no framework\nReport it to the author of the plugin. Set DEBUG=1 to see where it happens.\n';
    expect(await here(scratch, brokenSource, run(scratch, '-a', 'a'))).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: text,
    });
    expect(existsSync(scratch.logs)).toBe(false);
    const { stderr } = await here(scratch, brokenSource, run(scratch, '-a', 'a'), { DEBUG: '1' });
    expect(stderr).toContain(text);
    expect(stderr).toMatch(/\nCaused by: Error: no framework\n {4}at .*mine\.mjs:1:\d+/);
  });

  test('after the trials, with exit code 1', async () => {
    const scratch = createScratch();
    const brokenSource = `evaluators: { e: { create: () => ({ async *evaluate() { throw new Error('no judge'); } }) } }`;
    const args = run(scratch, '-a', 'nop', '--evaluator', 'e', ...silent);
    expect(await here(scratch, brokenSource, args)).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr:
        'Error: The evaluator "e" of plugin mine failed: no judge\nReport it to the author of the plugin. Set DEBUG=1 to see where it happens.\n',
    });
    expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({ total_tasks: 2, eval: null });
  });

  test('an evaluator without verdicts is not a success', async () => {
    const scratch = createScratch();
    const brokenSource = `evaluators: { e: { create: () => ({ async *evaluate() {} }) } }`;
    const { code, stdout } = await here(scratch, brokenSource, run(scratch, '-a', 'nop', '--evaluator', 'e'));
    expect(code).toBe(1);
    expect(stdout).toContain(
      '[Eval 1/2] coop/shell_task/1/f1_f2 error: the evaluator gave no verdict\n[Eval 2/2] coop/shell_task/2/f1_f2 error: the evaluator gave no verdict\n',
    );
    expect(stdout).toContain('  Errors      2 evaluations\n');
  });
});

describe('an unhandled error stops the run as an interruption does', () => {
  test.for([
    ['a promise left alone', `Promise.reject(new Error('left alone'));`],
    ['a callback that throws', `setTimeout(() => { throw new Error('left alone'); }, 10);`],
  ] as const)('%s', async ([, stray]) => {
    const scratch = createScratch();
    const waits = `${stray} for (;;) { signal.throwIfAborted(); await new Promise((later) => setTimeout(later, 20)); }`;
    const text = `Error: Stopped by an unhandled error: left alone
An agent or another plugin did not handle a rejected promise, or threw in a callback. Set DEBUG=1 to see where. Repeat the command to resume.
`;
    const args = run(scratch, '-a', 'a', '--no-messaging', ...silent);
    const ending = await withPlugin(scratch, agent(waits), args, { DEBUG: 'x' });
    expect(ending).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(ending.stderr).toContain(text);
    expect(ending.stderr).toMatch(/\nCaused by: Error: left alone\n {4}at .*mine\.mjs:1:\d+/);
    expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({
      total_tasks: 1,
      failed: 1,
      results: [{ task: 'coop/shell_task/1/f1_f2', status: 'Cancelled', eval: null }],
    });
    expect(filesBelow(scratch.logs).filter((name) => /\.lock|\.running/.test(name))).toEqual([]);
    await expectNothingLeft(scratch);
  });
});

test('an agent that waits for nothing, and ignores the signal, is left behind', async () => {
  const scratch = createScratch();
  const args = run(scratch, '-a', 'a', '--setting', 'solo', '-t', '1', '--timeout', '1s', '--no-auto-eval');
  const ending = await withPlugin(scratch, agent('await new Promise(() => {});'), [...args, ...silent]);
  expect(ending).toEqual({ code: 1, signal: null, stdout: '', stderr: '' });
  expect(readJson(scratch.logs, 'x/solo/shell_task/1/f1_f2/result.json')).toMatchObject({
    agent: { status: 'Error' },
  });
});

test('a channel that hangs, and keeps a timer, does not keep a run that is interrupted', async () => {
  const scratch = createScratch();
  const hanging = `channels: { c: { create: () => ({ commands: [], open() { setInterval(() => {}, 1000); return new Promise(() => {}); } }) } }`;
  const running = withPlugin(
    scratch,
    hanging,
    run(scratch, '-a', 'nop', '--channels', 'c', '--reporter', 'json'),
    {},
    async (at, args) => {
      const started = start(at, args);
      await started.line((line) => line.includes('"type":"trial_started"'));
      started.child.kill('SIGINT');
      return started.ended;
    },
  );
  expect(await running).toMatchObject({ code: 130, signal: null, stderr: 'Error: Interrupted.\n' });
  await expectNothingLeft(scratch);
});

describe('a command that ends before it has finished says so', () => {
  const unfinished = {
    code: 1,
    signal: null,
    stdout: '',
    stderr:
      'Error: cooperbench exited early.\nA plugin or a configuration file ended the process, or never finished its work. Disable plugins one at a time to find it.\n',
  };

  test('when a plugin ends the process', async () => {
    const scratch = createScratch();
    const args = run(scratch, '-a', 'a', ...silent);
    expect(await withPlugin(scratch, agent('process.exit(0);'), args)).toEqual(unfinished);
  });

  test('when an evaluator never finishes', async () => {
    const scratch = createScratch();
    const waiting =
      'evaluators: { e: { create: () => ({ async *evaluate() { await new Promise(() => {}); } }) } }';
    const args = run(scratch, '-a', 'nop', '--evaluator', 'e', ...silent);
    expect(await withPlugin(scratch, waiting, args)).toEqual(unfinished);
  });

  test.for([
    [['--help'], 0],
    [['--version', '--json'], 0],
    [['plugins'], 0],
    [['nonsense'], 2],
    [['run', '--nonsense'], 2],
    [['run', '-a', 'nop', '--backend', 'local', '--dataset-dir', sampleDataset, '--dry-run'], 0],
  ] as const)('and no other does: %j', async ([args, code]) => {
    const scratch = createScratch();
    const ending = await cooperbench(scratch, args);
    expect(ending.code).toBe(code);
    expect(ending.stderr).not.toContain('before it had finished');
  });

  test('no plugin is blamed when the reader of the output closes the pipe', async () => {
    const scratch = createScratch();
    for (const args of [
      ['run', '--help'],
      ['list', 'agents'],
    ]) {
      const running = start(scratch, args);
      running.child.stdout?.destroy();
      running.ended.catch(() => {});
      let output = '';
      running.child.stderr?.on('data', (chunk) => {
        output += chunk;
      });
      await new Promise((resolve) => running.child.once('exit', resolve));
      expect([running.child.exitCode, output]).toEqual([0, '']);
    }
  });
});

test('what a plugin leaves open does not keep a command that is done', async () => {
  const scratch = createScratch();
  const open = 'backends: (setInterval(() => {}, 1000), { open: { create() {} } })';
  expect(await withPlugin(scratch, open, ['config', 'show'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('./mine.mjs'),
    stderr: '',
  });
});
