import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EvaluationContext,
  evaluationSpec,
  type FileContent,
  type Job,
  type JobOrigin,
  type JobStep,
  type Submission,
  type SubmittedPatch,
} from '@cooperbench/core';
import { chooseCanaryFeature } from './canary.ts';
import { CanaryPatches } from './canary-patches.ts';
import { evaluationProgram, formatAssignment, testProgram } from './programs/index.ts';
import { dropRules } from './test-file-rule.ts';

/** Maximum bytes to fetch. A longer diff keeps its beginning and end. The others are ours. */
const limits = { diff: 16 * 1024 * 1024, state: 16 * 1024 * 1024 };

/** The time for the rest of a test run: returning to the base, and ending. The host ends it after that. */
const slackSeconds = 20;

/** The name of the step that runs the canary. Those that run a feature's tests are named after the feature. */
export const canaryStep = 'canary';

/** The name of the step after which the sandbox can be kept. */
export const settleStep = 'settle';

/** The name of the step that looks at the machine when patches could not be applied or merged. */
export const mergeProbe = 'probe';
/** The output that asks for `mergeProbe`. */
export const doubtOutput = 'doubt';

/** Returns the name of the step that looks at the machine when a feature's tests failed. */
export function probeOf(feature: number): string {
  return `${feature}.${mergeProbe}`;
}

const probeMs = 120_000;

/** What jobs depend on besides a submission. */
export interface JobContext extends Pick<EvaluationContext, 'policy' | 'runName'> {
  /** Keys of kept sandboxes, by the directory of their task. Defaults to none. */
  readonly layers?: ReadonlyMap<string, string> | undefined;
  /** Patches of earlier jobs. If it is absent, each job makes its own. */
  readonly canaries?: CanaryPatches | undefined;
}

/**
 * Makes the jobs of a submission: one for the merged tree, and one for each patch that is tested alone, unless the
 * submission has `individual`. They do not depend on each other. `judge` turns their results into a verdict. @throws errors of the file system.
 */
export async function jobsOf(
  submission: Submission,
  { policy, runName, layers, canaries }: JobContext,
): Promise<readonly Job[]> {
  const inputs = await readInputs(submission);
  const { patches } = submission;
  const merged = { id: getJobId(submission), patches, features: submission.features, policy };
  const testsAlone = submission.judged === 'merge' && submission.individual === undefined;
  const seatPatches = patches.filter(
    ({ patch, features }) => testsAlone && patch.length > 0 && features.length > 0,
  );
  const trees = [
    merged,
    ...seatPatches.map((patch) => ({
      id: getJobId(submission, patch.seat),
      patches: [patch],
      features: patch.features,
    })),
  ];
  const layerName = layers?.get(submission.task.directory);
  return trees.map((tree) => buildTreeJob(tree, submission, inputs, { runName, kept: layerName, canaries }));
}

/** Returns the id of the job that tests a seat's patch alone. Without a seat: of the job that tests the merged tree. */
export function getJobId({ id }: Submission, seat?: string): string {
  return seat === undefined ? id : `${id}#${seat}`;
}

interface Inputs {
  /** Content of each feature's `tests.patch`. */
  readonly tests: ReadonlyMap<number, Uint8Array>;
  /** Files that a sandbox without the task's image needs. */
  readonly sourceFiles: ReadonlyMap<string, Uint8Array>;
}

async function readInputs({ task, features }: Submission): Promise<Inputs> {
  const readTaskFile = (...path: string[]): Promise<Uint8Array> => readFile(join(task.directory, ...path));
  const tests = await Promise.all(
    features.map(async (id) => [id, await readTaskFile(`feature${id}`, 'tests.patch')] as const),
  );
  const script = await readTaskFile('run_tests.sh').catch(() => undefined);
  return { tests: new Map(tests), sourceFiles: new Map(script ? [['run_tests.sh', script]] : []) };
}

/** Patches to merge, and the features to test on the result. */
interface Tree {
  readonly id: string;
  readonly patches: readonly SubmittedPatch[];
  readonly features: readonly number[];
  /** Only for the merged tree. Its diff is an output, too. */
  readonly policy?: EvaluationContext['policy'];
}

/** Makes the job of one tree. Without patches, it tests the base. */
export function buildTreeJob(
  { id, patches, features, policy }: Tree,
  submission: Submission,
  { tests, sourceFiles }: Inputs,
  { canaries = new CanaryPatches(), ...origin }: JobOrigin & Pick<JobContext, 'canaries'>,
): Job {
  const { timeoutSeconds } = submission.task;
  // The program limits each step of a merge; a patch has at most a dozen. This limits the whole program, whatever a hostile
  // patch does. A job that exceeds it has no verdict, so it is longer than all steps together.
  const timeoutMs = (patches.length + 1) * 1500 * 1000;
  const testMs = (timeoutSeconds + slackSeconds) * 1000;
  const plan = [
    `seats ${patches.map(({ seat }) => seat).join(' ')}`,
    `features ${features.join(' ')}`,
    `timeout ${timeoutSeconds}`,
  ];
  const canary = chooseCanaryFeature(features, tests);
  plan.push(`canary ${canary}`);
  if ([...tests.values()].some(mayRename)) plan.push('renames yes');
  if (policy) plan.push('diff yes');
  if (policy?.fallback) plan.push(`fallback ${policy.fallback}`);
  const files = new Map<string, FileContent>([['plan', `${plan.join('\n')}\n`]]);
  for (const { seat, patch } of patches) files.set(`${seat}.patch`, patch);
  for (const [feature, content] of tests) files.set(`tests-${feature}.patch`, content);
  files.set('rules', formatAssignment('task_rules', dropRules(submission.task)));
  if (policy?.onConflict !== undefined) files.set('resolve', policy.onConflict);
  const outputs = new Map([
    ['state', limits.state],
    [canaryStep, limits.state],
    [doubtOutput, 16],
  ]);
  if (policy) outputs.set('merged.patch', limits.diff);
  const steps: JobStep[] = [{ name: mergeProbe, stdin: doubtOutput, timeoutMs: probeMs }];
  for (const feature of features)
    steps.push(
      { name: `${feature}`, stdin: 'state', timeoutMs: testMs },
      { name: probeOf(feature), stdin: 'state', timeoutMs: probeMs, afterFailure: true },
    );
  steps.push({ name: canaryStep, stdin: canaryStep, timeoutMs: testMs, afterSuccess: true });
  return {
    id,
    spec: evaluationSpec(submission, { ...origin, timeoutMs: timeoutMs + sum(steps) }),
    program: evaluationProgram,
    files,
    randomFiles: canaries.filesFor(id, submission.task, tests.get(canary) ?? Buffer.of()),
    sourceFiles,
    outputs,
    timeoutMs,
    stepProgram: testProgram,
    steps,
  };
}

/** The same job with the canary as its only test run. */
export function buildCanaryJob(job: Job): Job {
  const steps = job.steps?.filter(({ name }) => name === canaryStep || name === mergeProbe);
  return { ...job, steps: steps?.map(({ afterSuccess: _, ...step }) => step) };
}

/** Returns whether git may read other names from a patch than from the same patch in reverse. */
export function mayRename(patch: Uint8Array): boolean {
  const text = Buffer.from(patch).toString('latin1');
  return (text !== '' && !text.startsWith('diff --git ')) || /^(?:rename|copy) from /m.test(text);
}

function sum(steps: readonly JobStep[]): number {
  return steps.reduce((total, { timeoutMs }) => total + timeoutMs, 0);
}
