import { rmSync } from 'node:fs';
import { evaluatorContract, mergePolicyContract, shellSubmissions, shellTask } from '@cooperbench/testing';
import { afterAll, describe, test } from 'vitest';
import { lead, strict, union } from './merge-policies.ts';
import { createTestsEvaluator } from './tests-evaluator.ts';

const dataset = shellTask();
afterAll(() => rmSync(dataset, { recursive: true, force: true }));

describe('the evaluator contract', () => {
  const submissions = shellSubmissions(dataset).map((submission) => ({ submission, passes: true }));
  const subject = { evaluator: createTestsEvaluator([]), submissions };
  test.concurrent.for(evaluatorContract)('$name', ({ check }) => check(subject));
});

describe.for(Object.entries({ union, strict, lead }))('the merge policy %s', ([, policy]) => {
  test.concurrent.for(mergePolicyContract)('$name', ({ check }) => check(policy));
});
