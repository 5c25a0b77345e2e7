import { createHash } from 'node:crypto';
import type { Evaluator } from '@cooperbench/core';
import { describeCanaries } from './canary.ts';
import { CanaryPatches } from './canary-patches.ts';
import { Controls } from './control.ts';
import { SubmissionEvaluator } from './evaluate-submissions.ts';
import { mergeGolden } from './merge-golden.ts';
import { parsersVersion } from './parsers/index.ts';
import { evaluationProgram, testProgram } from './programs/index.ts';
import { runGolden } from './run-golden.ts';
import { dropRules } from './test-file-rule.ts';
import { makeWarmLayers } from './warm-layers.ts';

/** Raise it when the same output of the programs leads to another verdict. */
const judgeVersion = 3;

/**
 * Merges the patches and runs the hidden tests. `waits`: how many milliseconds to wait before a task that was not usable is
 * tried again, each time.
 */
export function createTestsEvaluator(waitsMs?: readonly number[]): Evaluator {
  const canaries = new CanaryPatches();
  return {
    evaluate: (submissions, context) =>
      new SubmissionEvaluator(new Controls(), waitsMs, undefined, canaries).evaluate(submissions, context),
    async prepare(tasks, context) {
      await makeWarmLayers(tasks, context);
    },
    runGolden,
    mergeGolden,
    fingerprint() {
      const rules = dropRules({ protectedPaths: [] });
      const parts = [evaluationProgram, testProgram, rules, describeCanaries(), parsersVersion, judgeVersion];
      return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
    },
  };
}
