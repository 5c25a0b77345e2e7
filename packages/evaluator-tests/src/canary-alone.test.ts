import { Buffer } from 'node:buffer';
import { rmSync } from 'node:fs';
import type { Evaluation, Job, JobResult, StepReport, Submission } from '@cooperbench/core';
import { discover } from '@cooperbench/runs';
import { evaluationContext, shellTask } from '@cooperbench/testing';
import { expect, onTestFinished, test } from 'vitest';
import { SubmissionEvaluator } from './evaluate-submissions.ts';
import { union } from './merge-policies.ts';

const step = (exitCode: number, output: string, stderr = ''): StepReport => ({
  ...{ exitCode, output: Buffer.from(output), stderr, seconds: 1 },
});
const passing = step(0, 'TAP version 13\nok 1 - a\n1..1\n');
const failing = step(1, 'TAP version 13\nnot ok 1 - abcd\nnot ok 2 - efgh\n1..2\n');
const nothing = step(1, '');
const withoutRoom = step(1, '', 'no 128 MiB of memory are free');

const report = ({ id }: Job, steps: Readonly<Record<string, StepReport>>): JobResult => ({
  ...{ id, steps: new Map(Object.entries(steps)) },
  markedLines: ['apply solo applied', 'merge clean naive', 'canary 1 abcd efgh'],
  outputFiles: new Map([['state', Buffer.from('root x\nend\n')]]),
});

/** Returns the verdict on a tree whose tests pass, and whose canary shows nothing, when it runs again as `alone` says. */
async function verdictOf(
  alone: (job: Job) => JobResult | undefined,
  machine = step(0, ''),
): Promise<Evaluation> {
  const dataset = shellTask({ features: [1] });
  onTestFinished(() => rmSync(dataset, { recursive: true }));
  const submission: Submission = {
    ...{ id: 'a', task: discover(dataset).tasks[0]!, setting: 'solo', judged: 'single', features: [1] },
    ...{ untrusted: true, patches: [{ seat: 'solo', features: [1], patch: Buffer.from('x\n') }] },
  };
  let goldens = 0;
  const resultOf = (job: Job): JobResult | undefined => {
    if (job.id.startsWith('golden/')) {
      goldens += 1;
      return report(job, { 1: passing, canary: failing, ...(goldens > 1 && { '1.probe': machine }) });
    }
    const isAlone = !job.steps?.some(({ name }) => name === '1');
    return isAlone ? alone(job) : report(job, { 1: passing, canary: nothing });
  };
  const [verdict] = await Array.fromAsync(
    new SubmissionEvaluator().evaluate([submission], {
      ...evaluationContext({ policy: { name: 'union', ...union } }),
      async *runJobs(jobs) {
        for await (const job of jobs) {
          const result = resultOf(job);
          if (result) yield result;
        }
      },
    }),
  );
  return verdict!.evaluation;
}

test('a canary that shows nothing alone either was left out by the code under test', async () => {
  const { error, featuresResults: results } = await verdictOf((job) => report(job, { canary: nothing }));
  expect(error).toBeNull();
  expect(results['1']).toMatchObject({ passed: false, canary: 'passed', frameworkPatched: true });
});

test('so was one whose sandbox the code under test ended', async () => {
  const { error, featuresResults: results } = await verdictOf((job) => report(job, {}));
  expect(error).toBeNull();
  expect(results['1']).toMatchObject({ passed: false, frameworkPatched: true });
});

test('a canary that fails alone as it must clears the tree', async () => {
  const { error, featuresResults: results } = await verdictOf((job) => report(job, { canary: failing }));
  expect(error).toBeNull();
  expect(results['1']).toMatchObject({ passed: true, canary: 'failed' });
});

test.for<[string, (job: Job) => JobResult | undefined, StepReport | undefined, RegExp]>([
  ['without a result', () => undefined, undefined, /the backend gave no result/],
  ['with an error', ({ id }) => ({ id, error: 'the host is gone' }), undefined, /the host is gone/],
  ['on a machine without memory', (job) => report(job, { canary: nothing }), withoutRoom, /128 MiB/],
])('a run alone %s is an error, and no failure of the patch', async ([, alone, machine, reason]) => {
  const { error, featuresResults: results } = await verdictOf(alone, machine);
  expect(error).toMatch(reason);
  expect(results['1']).toBeUndefined();
});
