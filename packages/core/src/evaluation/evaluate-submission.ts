import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from '../contracts/backend.ts';
import { messageOf, SandboxError } from '../contracts/errors.ts';
import type { DroppedFile, Evaluation } from '../contracts/evaluation.ts';
import type { EvaluationContext, Submission } from '../contracts/evaluator.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import { carryOut, type Report } from '../sandbox/run-job.ts';
import { specOf } from '../sandbox/spec.ts';
import { type Facts, parseFacts } from './facts.ts';
import { filterPatch, touchedFiles } from './filter-patch.ts';
import { judge } from './judge.ts';
import { evaluationProgram } from './program.ts';

/** Bytes of a test run's output that are read back; of a longer one the beginning and the end. */
const outputBytes = 4 * 1024 * 1024;
const diffBytes = 64 * 1024 * 1024;

/** Judges one submission in a sandbox of its own. Never rejects but for abort: an infrastructure failure is a verdict with `error`. */
export async function evaluateSubmission(
  submission: Submission,
  context: EvaluationContext,
): Promise<Evaluation> {
  const lost = submission.patches.filter((patch) => patch.lost !== undefined);
  if (lost.length > 0)
    return failedEvaluation(lost.map(({ seat, lost }) => `${seat} was lost: ${lost}`).join('; '));
  try {
    return await inSandbox(submission, context);
  } catch (error) {
    context.signal?.throwIfAborted();
    return failedEvaluation(messageOf(error));
  }
}

/** The sandbox that a submission is judged in. */
export function evaluationSpec(
  submission: Submission,
  { runName }: Pick<EvaluationContext, 'runName'>,
): SandboxSpec {
  const { id, task, untrusted } = submission;
  const lifetimeMs = programLimitMs(submission);
  return specOf({ id, pair: { task } }, { seat: 'eval', untrusted }, { runName, lifetimeMs });
}

/** The program bounds each test run itself; this bounds the program, whatever a hostile tree does to git. */
function programLimitMs({ features, patches, task }: Submission): number {
  const runs = features.length + patches.length;
  return (runs * (task.timeoutSeconds + 30) + 300) * 1000;
}

/** The verdict on a submission that infrastructure kept from being judged; also what others are made from. */
export function failedEvaluation(error: string): Evaluation {
  return {
    apply_status: {},
    merge: null,
    policies: {},
    features_results: {},
    individual: null,
    merged: null,
    dropped: [],
    both_passed: false,
    overall_success: false,
    error,
  };
}

async function inSandbox(submission: Submission, context: EvaluationContext): Promise<Evaluation> {
  const { task, features, patches } = submission;
  const testPatches = await Promise.all(
    features.map((id) => readFile(join(task.directory, `feature${id}`, 'tests.patch'))),
  );
  const rules = {
    hiddenTests: new Set(testPatches.flatMap(touchedFiles)),
    protectedPaths: task.protectedPaths,
    testPatterns: task.testPatterns,
  };
  const filtered = patches.map(({ seat, patch }) => ({ seat, ...filterPatch(patch, rules) }));
  const dropped: DroppedFile[] = filtered.flatMap(({ seat, dropped }) =>
    dropped.map((file) => ({ seat, ...file })),
  );
  await using sandbox = await context.backend.create(evaluationSpec(submission, context), context);
  const inputs = new Map<string, string | Uint8Array>([['plan', planOf(submission, context)]]);
  for (const { seat, patch } of filtered) inputs.set(`${seat}.patch`, patch);
  for (const [index, id] of features.entries()) inputs.set(`tests-${id}.patch`, testPatches[index] ?? '');
  if (context.policy.onConflict !== undefined) inputs.set('resolve', context.policy.onConflict);
  if (sandbox.origin.from === 'source')
    inputs.set('run_tests.sh', await readFile(join(task.directory, 'run_tests.sh')));
  const { facts, fetched } = await runProgram(sandbox, inputs, submission, context);
  const text = (name: string): string => fetched.get(name)?.toString() ?? '';
  const outputs = new Map([...facts.runs.keys()].map((label) => [label, text(`${label}.output`)]));
  const mergedDiff = facts.merge?.how === 'none' ? '' : text('merged.patch');
  return judge(submission, { facts, outputs, mergedDiff, dropped }, context.policy);
}

async function runProgram(
  sandbox: Sandbox,
  files: ReadonlyMap<string, string | Uint8Array>,
  submission: Submission,
  context: EvaluationContext,
): Promise<{ facts: Facts; fetched: Report['fetched'] }> {
  const { features, patches } = submission;
  const labels = [...features.map((id) => `merged-${id}`), ...patches.map(({ seat }) => seat)];
  const limit = AbortSignal.timeout(programLimitMs(submission));
  const signal = context.signal ? AbortSignal.any([context.signal, limit]) : limit;
  const job = {
    program: evaluationProgram,
    input: sandbox.patchesDir,
    result: `${sandbox.patchesDir}/results`,
    files,
    wanted: new Map([
      ['merged.patch', diffBytes],
      ...labels.map((label) => [`${label}.output`, outputBytes] as const),
    ]),
  };
  const report: Report = { said: [], fetched: new Map() };
  const early = await carryOut(sandbox, job, report, signal).catch((error: unknown) => {
    if (!limit.aborted) throw error;
    return { exitCode: 124, stderr: 'it took too long' };
  });
  const facts = parseFacts(report.said);
  // Past the merge, code under test runs: what ends the program there, in a sandbox that lives, is that code.
  if (facts.complete || facts.merge) return { facts, fetched: report.fetched };
  const said = early?.stderr.slice(-1000) || 'it said nothing';
  throw new SandboxError(
    'EVALUATION_FAILED',
    `The evaluation program exited ${early?.exitCode ?? 0}: ${said}`,
  );
}

function planOf({ patches, features, task, setting }: Submission, { policy }: EvaluationContext): string {
  const own = setting === 'solo' ? [] : patches.map((patch) => `own ${patch.seat} ${patch.features[0]}`);
  const lines = [
    `seats ${patches.map((patch) => patch.seat).join(' ')}`,
    `features ${features.join(' ')}`,
    ...own,
    `timeout ${task.timeoutSeconds}`,
    ...(policy.fallback ? [`fallback ${policy.fallback}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
