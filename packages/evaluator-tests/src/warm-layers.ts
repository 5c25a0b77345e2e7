import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvaluationContext, JobReport, KeptJob, Submission, Task } from '@cooperbench/core';
import { buildTreeJob, type JobContext, probeOf, settleStep } from './jobs.ts';
import { evaluationProgram, testProgram } from './programs/index.ts';
import { ranNoTest } from './test-result.ts';
import { findTroubles } from './trouble.ts';

/** The tests of the base: a file that no test framework and no build looks for. */
const tests = `diff --git a/cooperbench-warm.txt b/cooperbench-warm.txt
new file mode 100644
--- /dev/null
+++ b/cooperbench-warm.txt
@@ -0,0 +1 @@
+This file makes a patch of hidden tests that changes nothing.
`;

/** Stands for a feature. No task has one of this number. */
const base = 0;

/**
 * Has the runner of each task called once on the base, with tests that add one file and with no patch, and keeps the sandbox.
 * What the runner built or installed outside of git is then there for every test run, as it is for the second run in one
 * sandbox. Uses nothing of an agent, a feature or hidden tests. A runner that runs no test there, or a machine that
 * is not sound, leaves nothing to keep. Resolves with the keys of the layers that exist, by the directory of their task.
 * `onNoTest` receives the tasks whose runner ran no test, which may be unusable.
 */
export async function makeWarmLayers(
  tasks: Iterable<Task>,
  context: Pick<EvaluationContext, 'keepSandboxes' | 'runName'>,
  onNoTest?: (task: Task) => void,
): Promise<NonNullable<JobContext['layers']>> {
  if (!context.keepSandboxes) return new Map();
  const byDirectory = new Map([...tasks].map((task) => [task.directory, task]));
  const jobs = await Promise.all(
    [...byDirectory.values()].map((task) => readWarmJob(task, context.runName, onNoTest)),
  );
  const keptNames = new Set(await Array.fromAsync(context.keepSandboxes(jobs)));
  return new Map(jobs.filter(({ key }) => keptNames.has(key)).map(({ key, spec }) => [spec.taskDir, key]));
}

async function readWarmJob(
  task: Task,
  runName: string,
  onNoTest: ((task: Task) => void) | undefined,
): Promise<KeptJob> {
  const scripts = await Promise.all(
    ['run_tests.sh', 'runner.sh', 'setup.sh'].map((name) =>
      readFile(join(task.directory, name)).catch(() => undefined),
    ),
  );
  const [script] = scripts;
  const hash = createHash('sha256');
  const { repo, taskId, image, network = 'open' } = task;
  hash.update(JSON.stringify([evaluationProgram, testProgram, tests, repo, taskId, image, network]));
  for (const content of scripts) hash.update(`\0${content?.length ?? -1}\0`).update(content ?? '');
  const id = `warm/${repo}/${taskId}`;
  const submission: Submission = {
    ...{ id, task, setting: 'warm', judged: 'single', features: [base] },
    ...{ patches: [], untrusted: false },
  };
  const inputs = {
    tests: new Map([[base, Buffer.from(tests)]]),
    sourceFiles: new Map(script ? [['run_tests.sh', script]] : []),
  };
  const job = buildTreeJob({ id, patches: [], features: [base] }, submission, inputs, { runName });
  const runs = [`${base}`, probeOf(base)];
  // The probe looks even if tests passed: builds may go on without what they could not write.
  const steps = (job.steps ?? []).flatMap(({ afterFailure: _, ...step }) =>
    runs.includes(step.name) ? [step] : [],
  );
  const settle = { name: settleStep, stdin: 'state', timeoutMs: 120_000 };
  const isToKeep = (report: JobReport): boolean => {
    const { steps, lost, endedEarly } = report;
    const run = steps?.get(`${base}`);
    if (!run || run.exitCode >= 124 || lost !== undefined || endedEarly) return false;
    if (findTroubles(report, submission).length > 0) return false;
    const isWithoutTests = ranNoTest(run);
    if (isWithoutTests) onNoTest?.(task);
    return !isWithoutTests && steps?.get(settleStep)?.exitCode === 0;
  };
  return { ...job, steps: [...steps, settle], key: hash.digest('hex'), isToKeep };
}
