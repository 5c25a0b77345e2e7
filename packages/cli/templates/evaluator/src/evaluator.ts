import {
  type Evaluation,
  type EvaluationContext,
  type Evaluator,
  eachAtOnce,
  evaluationSpec,
  failedEvaluation,
  messageOf,
  runCommand,
  type Submission,
} from '@cooperbench/core';
import type { Options } from './options.ts';

/** A submission passes when all its patches apply, one after the other, and then a check exits 0. */
export function createEvaluator({ check = 'git diff --check' }: Options): Evaluator {
  return {
    evaluate: (submissions, context) =>
      eachAtOnce(submissions, context.concurrency, async (submission) => ({
        submission,
        evaluation: await judge(submission, context, check).catch((error: unknown) => {
          context.signal?.throwIfAborted();
          // Infrastructure is nobody's failure: a verdict with `error` is tried again by the next `eval`.
          return failedEvaluation(messageOf(error));
        }),
      })),
  };
}

/** Patches, and whatever they make a command do, are hostile: they are only ever used in a sandbox. */
async function judge(submission: Submission, context: EvaluationContext, check: string): Promise<Evaluation> {
  const lost = submission.patches.find((patch) => patch.lost !== undefined);
  if (lost) return failedEvaluation(`${lost.seat} was lost: ${lost.lost}`);
  const { backend, signal } = context;
  await using sandbox = await backend.create(evaluationSpec(submission, context), { signal });
  const applied: Record<string, 'applied' | 'skipped' | 'failed'> = {};
  for (const { seat, patch } of submission.patches) {
    const path = `${sandbox.patchesDir}/${seat}.patch`;
    await sandbox.writeFile(path, patch, { signal });
    const argv = ['git', 'apply', '--whitespace=nowarn', path];
    const works = patch.length > 0 && (await runCommand(sandbox, argv, { signal })).exitCode === 0;
    applied[seat] = works ? 'applied' : patch.length === 0 ? 'skipped' : 'failed';
  }
  // What is checked may run for ever.
  const limit = AbortSignal.timeout(submission.task.timeoutSeconds * 1000);
  const either = signal ? AbortSignal.any([signal, limit]) : limit;
  const checked = await runCommand(sandbox, ['sh', '-c', check], { signal: either }).catch((error) => {
    signal?.throwIfAborted();
    if (!limit.aborted) throw error;
    return { exitCode: 124, stdout: '', stderr: 'It took too long.\n' };
  });
  const passed = checked.exitCode === 0 && Object.values(applied).every((how) => how === 'applied');
  const result = {
    passed,
    tests_passed: null,
    tests_failed: null,
    exit_code: checked.exitCode,
    test_output: `${checked.stdout}${checked.stderr}`,
  };
  return {
    ...failedEvaluation(''),
    error: null,
    apply_status: applied,
    features_results: Object.fromEntries(
      submission.features.map((id) => [id, { feature_id: id, ...result }]),
    ),
    both_passed: passed,
    overall_success: passed,
  };
}
