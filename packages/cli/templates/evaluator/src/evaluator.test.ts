import { rmSync } from 'node:fs';
import { type Evaluation, runJobsInSandboxes, type Submission } from '@cooperbench/core';
import { createContainer, discover, tokens } from '@cooperbench/runs';
import { evaluationContext, hostBackend, shellTask } from '@cooperbench/testing';
import { afterAll, expect, test } from 'vitest';
import { createEvaluator } from './evaluator.ts';
import plugin from './index.ts';
import type { Options } from './options.ts';

const dataset = shellTask({ files: { 'lib.txt': 'one\n' } });
afterAll(() => rmSync(dataset, { recursive: true, force: true }));

/** Adds a line to the task's one file. */
const adding = (line: string): string => `diff --git a/lib.txt b/lib.txt
--- a/lib.txt
+++ b/lib.txt
@@ -1 +1,2 @@
 one
+${line}
`;

async function verdictOn(patch: string, options: Options = {}, timeoutSeconds = 60): Promise<Evaluation> {
  const [task] = discover(dataset).tasks;
  if (!task) throw new Error('there is no task');
  const submission: Submission = {
    id: 'solo/shell_task/1/f1_f2',
    task: { ...task, timeoutSeconds },
    setting: 'solo',
    judged: 'single',
    features: [1, 2],
    patches: [{ seat: 'solo', features: [1, 2], patch: Buffer.from(patch) }],
    untrusted: false,
  };
  const backend = hostBackend();
  const context = evaluationContext({
    runJobs: (jobs) => runJobsInSandboxes(backend, jobs, { concurrency: 1 }),
  });
  const verdicts = createEvaluator(options).evaluate([submission], context);
  const [verdict] = await Array.fromAsync(verdicts);
  expect(verdict?.submission).toBe(submission);
  expect(backend.open).toBe(0);
  return verdict?.evaluation ?? expect.fail('there is no verdict');
}

test('a patch that applies and survives the check passes', async () => {
  const { bothPassed, applyStatus, error } = await verdictOn(adding('two'));
  expect({ bothPassed, applyStatus, error }).toEqual({
    bothPassed: true,
    applyStatus: { solo: 'applied' },
    error: null,
  });
});

test('a patch that does not survive the check fails, with what the check printed', async () => {
  const { bothPassed, featuresResults } = await verdictOn(adding('two '));
  expect(bothPassed).toBe(false);
  expect(featuresResults[1]).toMatchObject({ exitCode: 2, passed: false });
  expect(featuresResults[1]?.testOutput).toContain('trailing whitespace');
});

test('a patch that does not apply fails, and so does an empty one', async () => {
  const broken = await verdictOn('nonsense');
  expect([broken.bothPassed, broken.applyStatus]).toEqual([false, { solo: 'failed' }]);
  const none = await verdictOn('');
  expect([none.bothPassed, none.applyStatus]).toEqual([false, { solo: 'skipped' }]);
});

test('a check that does not end fails', async () => {
  const { bothPassed, featuresResults } = await verdictOn(adding('two'), { check: 'sleep 60' }, 2);
  expect(bothPassed).toBe(false);
  expect(featuresResults[1]).toMatchObject({ exitCode: 124, testOutput: '' });
});

test('another check makes verdicts stale', async () => {
  const [one, other] = await Promise.all(
    ['true', 'false'].map((check) => createEvaluator({ check }).fingerprint?.()),
  );
  expect(one).not.toBe(other);
  expect(one).toBe(await createEvaluator({ check: 'true' }).fingerprint?.());
});

test('unknown options are refused', () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(() => registry.checkOptions('evaluators', '__name__', { chek: 'true' })).toThrow(
    'unknown key "chek"; did you mean "check"?',
  );
});
