import { type Evaluation, type Evaluator, failedEvaluation } from '@cooperbench/core';
import { describe, expect, test } from 'vitest';
import { type EvaluatorSubject, evaluatorContract } from './evaluator-contract.ts';

const passed: Evaluation = { ...failedEvaluation(''), error: null, bothPassed: true, overallSuccess: true };

const submissionOf = (id: string, patch: string) => ({
  ...{ id, setting: 'solo', judged: 'single', features: [1], untrusted: false },
  task: { repo: 'r', taskId: 1 } as never,
  patches: [{ seat: 'solo', features: [1], patch: Buffer.from(patch) }],
});

/** Passes what says `good`. Runs a job on each, whose result it does not need. */
const right: Evaluator = {
  metrics: { length: {} },
  fingerprint: () => 'one',
  async *evaluate(submissions, { runJobs, signal }) {
    const byId = new Map(submissions.map((submission) => [submission.id, submission]));
    const jobs = submissions.map(({ id }) => ({ id }) as never);
    for await (const result of runJobs(jobs)) {
      signal?.throwIfAborted();
      const submission = byId.get(result.id) ?? expect.fail(result.id);
      const text = Buffer.from(submission.patches[0]?.patch as Uint8Array).toString();
      const bothPassed = text === 'good';
      if ('error' in result) yield { submission, evaluation: failedEvaluation(result.error) };
      else yield { submission, evaluation: { ...passed, bothPassed, metrics: { length: text.length } } };
    }
  },
};

const subject = (evaluator: Partial<Evaluator>): EvaluatorSubject => ({
  evaluator: { ...right, ...evaluator },
  submissions: [
    { submission: submissionOf('a', 'good') as never, passes: true },
    { submission: submissionOf('b', 'bad') as never, passes: false },
  ],
  async *runJobs(jobs) {
    for await (const { id } of jobs) yield { id, markedLines: [], outputFiles: new Map() };
  },
});

const always = (evaluation: Evaluation): Partial<Evaluator> => ({
  async *evaluate(submissions) {
    for (const submission of submissions) yield { submission, evaluation };
  },
});

let calls = 0;

/** Each breaks one promise. */
const faults: Readonly<Record<string, Partial<Evaluator>>> = {
  'passes what fails': always(passed),
  'leaves a submission out': {
    evaluate: (submissions, context) => right.evaluate(submissions.slice(1), context),
  },
  'gives a verdict that nobody asked for': {
    async *evaluate(submissions, context) {
      yield* right.evaluate(submissions, context);
      if (submissions.length === 0) yield { submission: submissionOf('c', '') as never, evaluation: passed };
    },
  },
  'takes a broken patch for an error': {
    async *evaluate(submissions, context) {
      for await (const verdict of right.evaluate(submissions, context)) {
        const isBroken = verdict.submission.patches.some(({ patch }) => `${patch}` === 'not a patch\n');
        yield isBroken ? { ...verdict, evaluation: failedEvaluation('broken') } : verdict;
      }
    },
  },
  'gives results to submissions by their order': {
    async *evaluate(submissions, context) {
      let index = 0;
      for await (const { evaluation } of right.evaluate(submissions, context)) {
        const submission = submissions[index++] ?? expect.fail('too many');
        yield { submission, evaluation };
      }
    },
  },
  'takes lost jobs for a failure': {
    async *evaluate(submissions, context) {
      for await (const { submission, evaluation } of right.evaluate(submissions, context))
        yield { submission, evaluation: { ...evaluation, error: null } };
    },
  },
  'has a metric that it does not declare': { metrics: {} },
  'has another fingerprint each time': {
    fingerprint() {
      calls += 1;
      return String(calls);
    },
  },
  'says something else than texts': { preflight: async () => [1 as never] },
};

describe('the evaluator contract', () => {
  test('passes an evaluator that keeps it', async () => {
    for (const { check } of evaluatorContract) await check(subject({}));
  });

  test.for(Object.entries(faults))('catches one that %s', async ([, evaluator]) => {
    expect(await isCaught(subject(evaluator))).toBe(true);
  });
});

async function isCaught(faulty: EvaluatorSubject): Promise<boolean> {
  try {
    for (const { check } of evaluatorContract) await check(faulty);
    return false;
  } catch (error) {
    // The fake's own mistake would catch every fault.
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return true;
  }
}
