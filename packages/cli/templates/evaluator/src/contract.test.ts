import { rmSync } from 'node:fs';
import { evaluatorContract, shellSubmissions, shellTask, withKnownFailures } from '@cooperbench/testing';
import { afterAll, describe, test } from 'vitest';
import { createEvaluator } from './evaluator.ts';

const dataset = shellTask();
afterAll(() => rmSync(dataset, { recursive: true, force: true }));

/** Promises that cannot be kept, each with the reason. The test fails once one of them is kept. */
const knownFailures = {};

describe('the evaluator contract', () => {
  const submissions = shellSubmissions(dataset).map((submission) => ({ submission, passes: true }));
  const subject = { evaluator: createEvaluator({}), submissions };
  test.for(withKnownFailures(evaluatorContract, knownFailures))('$name', { timeout: 60_000 }, ({ check }) =>
    check(subject),
  );
});
