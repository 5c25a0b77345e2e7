import {
  type Evaluation,
  type EvaluationContext,
  type Evaluator,
  evaluationSpec,
  type FileContent,
  failedEvaluation,
  type Job,
  type JobResult,
  type Submission,
} from '@cooperbench/core';
import type { Options } from './options.ts';

/** A submission passes when all its patches apply, one after the other, and then a check exits 0. */
export function createEvaluator({ check = 'git diff --check' }: Options): Evaluator {
  return {
    // Another version of this plugin with the same program keeps the verdicts.
    fingerprint: () => JSON.stringify([program, stepProgram, check]),
    async *evaluate(submissions, context) {
      const byId = new Map(submissions.map((submission) => [submission.id, submission]));
      const jobs = submissions.map((submission) => jobOn(submission, check, context));
      for await (const result of context.runJobs(jobs)) {
        const submission = byId.get(result.id);
        if (submission) yield { submission, evaluation: verdictOn(submission, result) };
      }
    },
  };
}

/** Runs in the sandbox, and runs no code of agents. Lines that begin with the mark come back as `markedLines`. */
const program = `
read -r mark
in=$1 out=$2
cd "$3" && mkdir -p "$out" || exit 70
for seat in $(cat "$in/seats"); do
  status=failed
  if [ ! -s "$in/$seat.patch" ]; then status=skipped
  elif git apply --whitespace=nowarn "$in/$seat.patch"; then status=applied; fi
  echo "$mark apply $seat $status"
done
: > "$out/nothing"
`;

/** Runs then, as a process of its own: code of agents in it cannot change what the backend says of its end. */
const stepProgram = 'cd "$3" && exec sh "$1/check" 2>&1';

/** Patches are hostile, and so is every command that they affect: use them only in a sandbox. */
function jobOn(submission: Submission, check: string, { runName }: EvaluationContext): Job {
  const { timeoutSeconds } = submission.task;
  const timeoutMs = 60_000;
  const steps = [{ name: 'check', stdin: 'nothing', timeoutMs: timeoutSeconds * 1000 }];
  return {
    id: submission.id,
    spec: evaluationSpec(submission, { runName, timeoutMs: timeoutMs + timeoutSeconds * 1000 }),
    program,
    files: new Map<string, FileContent>([
      ['seats', submission.patches.map(({ seat }) => seat).join(' ')],
      ...submission.patches.map(({ seat, patch }) => [`${seat}.patch`, patch] as const),
      ['check', check],
    ]),
    outputs: new Map([['nothing', 0]]),
    timeoutMs,
    stepProgram,
    steps,
  };
}

function verdictOn({ features, patches }: Submission, result: JobResult): Evaluation {
  if ('error' in result) return failedEvaluation(result.error);
  const facts = result.markedLines.map((line) => line.split(' '));
  const applied = facts.filter(([fact]) => fact === 'apply').map(([, seat, status]) => [seat, status]);
  // The program runs no code of agents. If it ends early, infrastructure failed: `error` repeats it.
  if (result.endedEarly || applied.length < patches.length)
    return failedEvaluation(result.endedEarly?.stderr ?? 'the program ended');
  const check = result.steps?.get('check');
  const passed = check?.exitCode === 0 && applied.every(([, status]) => status === 'applied');
  const feature = {
    passed,
    testsPassed: null,
    testsFailed: null,
    exitCode: check?.exitCode ?? null,
    testOutput: Buffer.from(check?.output ?? []).toString(),
  };
  return {
    ...failedEvaluation(''),
    error: null,
    applyStatus: Object.fromEntries(applied),
    featuresResults: Object.fromEntries(features.map((id) => [id, { featureId: id, ...feature }])),
    bothPassed: passed,
    overallSuccess: passed,
  };
}
