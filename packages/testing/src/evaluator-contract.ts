import assert from 'node:assert/strict';
import type { EvaluationContext, Evaluator, JobResult, Submission, Verdict } from '@cooperbench/core';
import { runJobsInSandboxes } from '@cooperbench/core';
import { findMetricsFault } from '@cooperbench/core/host';
import { runEvaluator } from '@cooperbench/runs';
import { evaluationContext } from './evaluation-context.ts';
import { hostBackend } from './host-backend.ts';

/** The evaluator under test. */
export interface EvaluatorSubject {
  readonly evaluator: Evaluator;
  /**
   * One or more, each with its own id: `shellSubmissions` makes some. `passes` is the verdict on it. If it is absent, any
   * verdict will do, but no error.
   */
  readonly submissions: readonly { readonly submission: Submission; readonly passes?: boolean }[];
  /** What it needs besides `runJobs`. By default, `evaluationContext`: nothing was said in the trials. */
  readonly context?: EvaluationContext;
  /** Runs its jobs. By default, in folders of this machine, with `hostBackend`. */
  readonly runJobs?: EvaluationContext['runJobs'];
}

/** One promise of every evaluator. */
export interface EvaluatorCase {
  readonly name: string;
  /** Rejects when the evaluator breaks its promise. */
  check(subject: EvaluatorSubject): Promise<void>;
}

const runInFolders: EvaluationContext['runJobs'] = (jobs) =>
  runJobsInSandboxes(hostBackend(), jobs, { concurrency: 2 });

/** Evaluates as core does, which checks that the verdicts are complete and belong to the submissions. */
async function collectVerdicts(
  { evaluator, context = evaluationContext(), runJobs = runInFolders }: EvaluatorSubject,
  submissions: readonly Submission[],
  overrides: Partial<EvaluationContext> = {},
): Promise<Verdict[]> {
  const fullContext = { ...context, runJobs, ...overrides };
  const neverAborted = new AbortController().signal;
  return Array.fromAsync(runEvaluator('The evaluator', evaluator, submissions, fullContext, neverAborted));
}

function assertVerdicts(verdicts: readonly Verdict[]): void {
  for (const { submission, evaluation } of verdicts)
    assert.equal(
      evaluation.error,
      null,
      `the verdict on ${submission.id} has an error; expected \`error: null\``,
    );
}

const listSubmissions = ({ submissions }: EvaluatorSubject): Submission[] =>
  submissions.map(({ submission }) => submission);

/** The same submission with other patches, and another id. */
const withPatches = (submission: Submission, patch: string): Submission => ({
  ...submission,
  id: `${submission.id}@2`,
  patches: submission.patches.map((submitted) => ({ ...submitted, patch: Buffer.from(patch) })),
});

/** The promises of every evaluator. */
export const evaluatorContract: readonly EvaluatorCase[] = [
  {
    name: 'each submission gets one complete verdict, with the result that it has to have, and stays as it is',
    async check(subject) {
      const submissions = listSubmissions(subject);
      const submissionsBefore = JSON.stringify(submissions);
      const verdicts = await collectVerdicts(subject, submissions);
      assert.equal(JSON.stringify(submissions), submissionsBefore);
      assertVerdicts(verdicts);
      for (const { submission, passes } of subject.submissions) {
        const verdict = verdicts.find((candidate) => candidate.submission.id === submission.id);
        if (passes !== undefined) assert.equal(verdict?.evaluation.bothPassed, passes, submission.id);
      }
    },
  },
  {
    name: 'no submission gives no verdict',
    async check({ evaluator, context = evaluationContext() }) {
      assert.deepEqual(await Array.fromAsync(evaluator.evaluate([], context)), []);
    },
  },
  ...['', 'not a patch\n'].map((patch) => ({
    name: `patches that are ${patch === '' ? 'empty' : 'broken'} get a verdict, which is no error`,
    async check(subject: EvaluatorSubject) {
      const submissions = listSubmissions(subject).map((submission) => withPatches(submission, patch));
      assertVerdicts(await collectVerdicts(subject, submissions));
    },
  })),
  {
    name: 'results of jobs that come in another order do not change the verdicts',
    async check(subject) {
      const { runJobs = runInFolders } = subject;
      const reverseJobs: EvaluationContext['runJobs'] = async function* (jobs) {
        yield* (await Array.fromAsync(runJobs(jobs))).reverse();
      };
      const submissions = listSubmissions(subject);
      const evaluatePassing = async (overrides: Partial<EvaluationContext>): Promise<unknown> =>
        (await collectVerdicts(subject, submissions, overrides))
          .map(({ submission, evaluation }) => [submission.id, evaluation.bothPassed])
          .sort();
      assert.deepEqual(await evaluatePassing({ runJobs: reverseJobs }), await evaluatePassing({}));
    },
  },
  {
    name: 'a job that infrastructure fails leads to a verdict with error',
    async check(subject) {
      const failedNames = new Set<string>();
      const failJobs: EvaluationContext['runJobs'] = async function* (jobs) {
        for await (const { id } of jobs) {
          failedNames.add(id);
          yield { id, error: 'there is no sandbox' } satisfies JobResult;
        }
      };
      const verdicts = await collectVerdicts(subject, listSubmissions(subject), { runJobs: failJobs });
      if (failedNames.size === 0) return;
      assert.notDeepEqual(
        verdicts.filter(({ evaluation }) => evaluation.error !== null),
        [],
        'no verdict is an error',
      );
    },
  },
  {
    name: 'an evaluation whose signal has aborted ends',
    async check(subject) {
      const reason = new Error('stopped');
      const signal = AbortSignal.abort(reason);
      // Fails as a job does that the signal ends.
      const createStoppedContext: EvaluationContext['runJobs'] = () => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(reason) }),
      });
      await assert.rejects(
        collectVerdicts(subject, listSubmissions(subject), { signal, runJobs: createStoppedContext }),
        reason,
      );
    },
  },
  {
    name: 'the fingerprint is a text, the same each time',
    async check({ evaluator }) {
      const [left, right] = [await evaluator.fingerprint?.(), await evaluator.fingerprint?.()];
      assert.ok(left === undefined || typeof left === 'string', `it is ${typeof left}`);
      assert.equal(right, left);
    },
  },
  {
    name: 'metrics are declared with well-formed names',
    check: async ({ evaluator }) => assert.equal(findMetricsFault(evaluator.metrics ?? {}), undefined),
  },
  {
    name: 'preflight resolves with texts',
    async check({ evaluator }) {
      for (const notice of (await evaluator.preflight?.({})) ?? []) assert.equal(typeof notice, 'string');
    },
  },
];
