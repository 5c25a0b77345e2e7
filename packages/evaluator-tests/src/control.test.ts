import { rmSync } from 'node:fs';
import type { Job, JobResult, StepReport, Submission } from '@cooperbench/core';
import { discover } from '@cooperbench/runs';
import { evaluationContext, shellTask } from '@cooperbench/testing';
import { expect, onTestFinished, test } from 'vitest';
import { SubmissionEvaluator } from './evaluate-submissions.ts';
import { union } from './merge-policies.ts';

const offline: StepReport = {
  ...{ exitCode: 1, output: Buffer.from('pip: no network\n'), stderr: '', seconds: 1 },
};

/** Returns a report in which the runner of every feature ran no test, so that no canary was run. */
const report = ({ id, steps = [] }: Job): JobResult => ({
  ...{
    id,
    steps: new Map(steps.flatMap(({ name }) => (/^\d+$/.test(name) ? [[name, offline] as const] : []))),
  },
  markedLines: ['apply solo applied', 'merge clean naive'],
  outputFiles: new Map([['state', Buffer.from('root x\nend\n')]]),
});

test('one control speaks for all submissions of its task, also for those of other features', async () => {
  const dataset = shellTask({ features: [1, 2, 3, 4] });
  onTestFinished(() => rmSync(dataset, { recursive: true }));
  const task = discover(dataset).tasks[0]!;
  const submissions = [1, 3].map((feature): Submission => {
    const patches = [{ seat: 'solo', features: [feature], patch: Buffer.from('x\n') }];
    const judged = { setting: 'solo', judged: 'single', untrusted: true } as const;
    return { ...judged, id: `f${feature}`, task, features: [feature], patches };
  });
  const controls: string[] = [];
  const verdicts = await Array.fromAsync(
    new SubmissionEvaluator(undefined, []).evaluate(submissions, {
      ...evaluationContext({ policy: { name: 'union', ...union } }),
      async *runJobs(jobs) {
        for await (const job of jobs) {
          if (job.id.startsWith('golden/')) controls.push(job.id);
          yield report(job);
        }
      },
    }),
  );
  expect(controls).toEqual(['golden/shell_task/1/f1']);
  expect(verdicts.map(({ evaluation: { errorCode } }) => errorCode)).toEqual([
    'TASK_UNUSABLE',
    'TASK_UNUSABLE',
  ]);
});
