import { Buffer } from 'node:buffer';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  type EvaluationContext,
  type Job,
  type JobReport,
  type KeptJob,
  runJobsInSandboxes,
  type Sandbox,
  type StepReport,
  type Submission,
  type Task,
} from '@cooperbench/core';
import { discover } from '@cooperbench/runs';
import { addLine, evaluationContext, hostBackend, hostSandbox, shellTask } from '@cooperbench/testing';
import { expect, onTestFinished, test } from 'vitest';
import { Controls } from './control.ts';
import { SubmissionEvaluator } from './evaluate-submissions.ts';
import { union } from './merge-policies.ts';
import { makeWarmLayers } from './warm-layers.ts';

function sampleTask(task: Parameters<typeof shellTask>[0] = {}): Task {
  const dataset = shellTask(task);
  onTestFinished(() => rmSync(dataset, { recursive: true, force: true }));
  return discover(dataset).tasks[0] ?? expect.fail('no task');
}

/** Keeps everything that it is asked to keep, without running it. */
function contextOf(requests: KeptJob[] = [], ranNames: Job[] = []): EvaluationContext {
  const runJobs: EvaluationContext['runJobs'] = (jobs) =>
    runJobsInSandboxes(hostBackend(), jobs, { concurrency: 2 });
  return {
    ...evaluationContext({ policy: { name: 'union', ...union } }),
    async *keepSandboxes(jobs) {
      for (const job of jobs) {
        requests.push(job);
        yield job.key;
      }
    },
    async *runJobs(jobs) {
      const all = await Array.fromAsync(jobs);
      ranNames.push(...all);
      yield* runJobs(all);
    },
  };
}

/** Runs a job in a sandbox, which stays. */
async function runIn(sandbox: Sandbox, job: Job): Promise<JobReport> {
  const kept = { ...sandbox, [Symbol.asyncDispose]: async () => {} };
  const [result] = await Array.fromAsync(
    runJobsInSandboxes({ create: async () => kept }, [job], { concurrency: 1 }),
  );
  return result && 'markedLines' in result ? result : expect.fail('the job has no report');
}

async function warmJobOf(task: Task): Promise<KeptJob> {
  const requests: KeptJob[] = [];
  await makeWarmLayers([task], contextOf(requests));
  return requests[0] ?? expect.fail('no job');
}

test('all sandboxes of a task begin with its layer, which is made once, of nothing that an agent or a feature has', async () => {
  const task = sampleTask();
  const submission = (id: string): Submission => ({
    ...{ id, task, setting: 'any', judged: 'merge', features: [1, 2], untrusted: true },
    patches: [1, 2].map((feature) => ({
      ...{ seat: `agent${feature}`, features: [feature] },
      patch: Buffer.from(addLine(feature)),
    })),
  });
  const [requests, ranNames]: [KeptJob[], Job[]] = [[], []];
  const verdicts = await Array.fromAsync(
    new SubmissionEvaluator(new Controls(), []).evaluate(
      [submission('a'), submission('b')],
      contextOf(requests, ranNames),
    ),
  );
  const [{ key, spec, files } = expect.fail('no job')] = requests;
  expect(requests).toHaveLength(1);
  expect([...files.keys()].sort()).toEqual(['plan', 'rules', 'tests-0.patch']);
  expect(spec).toMatchObject({ untrusted: false, taskDir: task.directory });
  expect(spec).not.toHaveProperty('kept');
  expect(ranNames).toHaveLength(6);
  for (const job of ranNames) expect(job.spec.kept).toBe(key);
  for (const { evaluation } of verdicts) expect(evaluation).toMatchObject({ error: null, warmLayer: key });
});

test('without layers, verdicts say so', async () => {
  const task = sampleTask();
  const { keepSandboxes: _, ...context } = contextOf();
  expect(await makeWarmLayers([task], context)).toEqual(new Map());
  const submission: Submission = {
    ...{ id: 'a', task, setting: 'any', judged: 'single', features: [1], untrusted: true },
    patches: [{ seat: 'solo', features: [1], patch: Buffer.from(addLine(1)) }],
  };
  const [verdict] = await Array.fromAsync(new SubmissionEvaluator().evaluate([submission], context));
  expect(verdict?.evaluation.warmLayer).toBe(null);
});

test('a layer is for one runner and one network', async () => {
  const task = sampleTask();
  const { key } = await warmJobOf(task);
  expect((await warmJobOf(task)).key).toBe(key);
  expect((await warmJobOf({ ...task, network: 'registries' })).key).not.toBe(key);
  appendFileSync(join(task.directory, 'run_tests.sh'), '# changed\n');
  expect((await warmJobOf(task)).key).not.toBe(key);
});

test('what the runner made outside of git stays, and nothing else: no input, no new file, no change', async () => {
  const runner = `cd "$1" && git apply "$2" && [ -e cooperbench-warm.txt ] && [ -z "\${3-}" ] || exit 1
echo changed > lib.txt; echo new > new.txt; mkdir -p build; echo built > build/product
echo 1..1; echo ok 1`;
  const task = sampleTask({ files: { '.gitignore': 'build/\n', 'other.txt': 'other\n' } });
  writeFileSync(join(task.directory, 'run_tests.sh'), runner);
  await using sandbox = await hostSandbox(undefined, { taskDir: task.directory });
  const run = async (script: string): Promise<string> => {
    const process = await sandbox.exec(['sh', '-c', script, sandbox.patchesDir]);
    return text(process.stdout);
  };
  // As in a copy of a repository: git's index knows another time, and the content is the same.
  await run('touch -d @1000000000 other.txt');
  const job = await warmJobOf(task);
  expect(job.isToKeep(await runIn(sandbox, job))).toBe(true);
  expect(await run('git status --porcelain --ignored; ls -A "$0"; stat -c %Y other.txt')).toBe(
    '!! build/\n1000000000\n',
  );
});

test('a runner that runs no test, or does not end by itself, leaves nothing to keep', async () => {
  const { isToKeep } = await warmJobOf(sampleTask());
  const step = (output: string, exitCode = 0): StepReport => ({
    ...{ exitCode, stderr: '', seconds: 1 },
    output: Buffer.from(output),
  });
  const report = (run: StepReport | undefined, overrides: Partial<JobReport> = {}): JobReport => ({
    ...{ id: 'x', markedLines: [], outputFiles: new Map(), ...overrides },
    steps: new Map([...(run ? [['0', run] as const] : []), ['settle', step('')]]),
  });
  const passes = step('===== 3 passed in 0.01s =====');
  expect(isToKeep(report(passes))).toBe(true);
  expect(isToKeep(report(step('===== 1 failed, 3 passed in 0.01s =====', 1)))).toBe(true);
  expect(isToKeep(report(step('no registry', 1)))).toBe(false);
  expect(isToKeep(report({ ...passes, exitCode: 137 }))).toBe(false);
  expect(isToKeep(report(undefined))).toBe(false);
  expect(isToKeep(report(passes, { lost: 'gone' }))).toBe(false);
  const withProbe = (probe: StepReport): JobReport => {
    const { steps = new Map<string, StepReport>() } = report(passes);
    return { ...report(passes), steps: new Map([...steps, ['0.probe', probe] as const]) };
  };
  expect(isToKeep(withProbe(step('')))).toBe(true);
  const unsettled = new Map([['0', passes] as const, ['settle', step('', 70)] as const]);
  expect(isToKeep({ ...report(passes), steps: unsettled })).toBe(false);
});

test('a machine that ran out of something leaves nothing to keep, even if tests passed', async () => {
  const { steps = [], isToKeep } = await warmJobOf(sampleTask());
  expect(steps.map(({ name, afterFailure }) => [name, afterFailure])).toEqual([
    ['0', undefined],
    ['0.probe', undefined],
    ['settle', undefined],
  ]);
  const report = (output: string, exitCode: number, probe: number, stderr = ''): JobReport => ({
    ...{ id: 'x', markedLines: [], outputFiles: new Map() },
    steps: new Map(
      [
        { name: '0', exitCode, output, stderr: '' },
        { name: '0.probe', exitCode: probe, output: '', stderr },
        { name: 'settle', exitCode: 0, output: '', stderr: '' },
      ].map(({ name, output, ...one }) => [name, { ...one, output: Buffer.from(output), seconds: 1 }]),
    ),
  });
  const passes = '===== 3 passed in 0.01s =====';
  expect(isToKeep(report(passes, 0, 0))).toBe(true);
  expect(isToKeep(report(passes, 0, 1, 'cannot write 16 MiB to /tmp: No space left on device'))).toBe(false);
  const fails = '===== 1 failed, 3 passed in 0.01s =====';
  expect(isToKeep(report(fails, 1, 0))).toBe(true);
  expect(isToKeep(report(`cc: No space left on device\n${fails}`, 1, 0))).toBe(false);
});

/**
 * Returns a task whose runner prints `output` on the base, a backend that keeps what it may, and how the jobs of a submission
 * ended.
 */
async function evaluateAfterBase(
  runner: string,
): Promise<{ ids: string[]; error: string | null; code?: string }> {
  const task = sampleTask();
  writeFileSync(join(task.directory, 'run_tests.sh'), runner);
  const ids: string[] = [];
  const ranNames: Job[] = [];
  const context: EvaluationContext = {
    ...contextOf([], ranNames),
    async *keepSandboxes(jobs) {
      for (const job of jobs) {
        await using sandbox = await hostSandbox(undefined, { taskDir: task.directory });
        if (job.isToKeep(await runIn(sandbox, job))) yield job.key;
      }
    },
  };
  const submission: Submission = {
    ...{ id: 'a', task, setting: 'any', judged: 'single', features: [1], untrusted: true },
    patches: [{ seat: 'solo', features: [1], patch: Buffer.from(addLine(1)) }],
  };
  const evaluator = new SubmissionEvaluator(new Controls(), [1]);
  const [verdict] = await Array.fromAsync(evaluator.evaluate([submission], context));
  ids.push(...ranNames.map(({ id }) => id));
  const { error = null, errorCode } = verdict?.evaluation ?? {};
  return { ids, error, ...(errorCode !== undefined && { code: errorCode }) };
}

test('a runner that runs no test on the base has the golden patch decide, before any patch of an agent is tested', async () => {
  const golden = 'golden/shell_task/1/f1';
  // No registry, whatever is tested: nothing of the submission runs.
  expect(await evaluateAfterBase('echo no registry; exit 1')).toEqual({
    ids: [golden, golden],
    error: 'task unusable: no registry',
    code: 'TASK_UNUSABLE',
  });
  // Tests run only with a feature: the task is usable.
  const applies =
    'cd "$1" && git apply "$2" && [ -n "${3-}" ] && git apply "$3" || { echo no tests; exit 1; }';
  expect(await evaluateAfterBase(`${applies}; echo 1..1; echo ok 1`)).toEqual({
    ids: [golden, 'a'],
    error: null,
  });
  // Tests run on the base, too: nobody asks.
  expect(await evaluateAfterBase('cd "$1"; echo 1..1; echo ok 1')).toEqual({ ids: ['a'], error: null });
});
