import { Buffer } from 'node:buffer';
import { constants } from 'node:os';
import type { JobReport, Reference, StepReport, Submission, Task, TestResult } from '@cooperbench/core';
import { type CanaryRun, type CanaryVerdict, judgeCanary, readCanary } from './canary.ts';
import { type Facts, parseFacts } from './facts.ts';
import { failingTests } from './failing-tests/index.ts';
import { canaryStep } from './jobs.ts';
import { countTests, type TestCounts } from './parsers/index.ts';
import { toLines } from './parsers/lines.ts';

/** How many characters of a test run's output eval.json keeps at its beginning and its end. */
const keptOutput = { head: 10_000, tail: 40_000 };
/** How many names of missing tests eval.json keeps. */
const keptNames = 100;

/** The outcome of a job on one tree. */
export interface TreeOutcome {
  readonly facts: Facts;
  readonly report: JobReport;
  readonly submission: Submission;
  /** The result of the tree's canary. It is undefined if it was not run, because tests failed. */
  readonly canary: CanaryVerdict | undefined;
}

/**
 * `canaryReference`: the canary's run on the tree of a feature's golden patch. `canaryWasAlone`: no test ran in the sandbox
 * before the canary, so a canary that shows nothing there was left out.
 */
export function buildTreeOutcome(
  report: JobReport,
  submission: Submission,
  canaryReference: (feature: number) => CanaryRun | undefined = () => undefined,
  canaryWasAlone = false,
): TreeOutcome {
  const facts = parseFacts(report.markedLines);
  const run = readCanary(facts, report.steps?.get(canaryStep));
  const canaryVerdict = run && judgeCanary(run, canaryReference(run.feature));
  const canary = canaryWasAlone && canaryVerdict !== 'failed' ? 'passed' : canaryVerdict;
  return { facts, report, submission, canary: facts.canary ? canary : 'unavailable' };
}

export function testResult({ report, submission, canary }: TreeOutcome, feature: number): TestResult {
  const reference = submission.references?.get(feature);
  const step = report.steps?.get(`${feature}`);
  if (!step)
    return createNotRunResult(
      report.lost === undefined ? '' : 'the code under test ended the sandbox',
      reference,
    );
  if (wasRuined(step)) return createNotRunResult(step.stderr, reference);
  const output = Buffer.from(step.output).toString();
  const counts = countStepTests(step);
  const missing = reference ? listMissingTests(reference, counts) : [];
  const killSignal = findSignal(step, submission.task);
  const failing = step.exitCode === 0 && counts?.failed === 0 ? [] : failingTests(output);
  return {
    testsPassed: counts?.passed ?? null,
    testsFailed: counts?.failed ?? null,
    exitCode: step.exitCode,
    testOutput: shorten(output),
    reference: describeReference(reference),
    ...(missing.length > 0 ? { missingTests: listFirst(missing) } : {}),
    ...(failing.length > 0 ? { failingTests: failing } : {}),
    ...(isPastLimit(step, submission.task) ? { timedOut: true as const } : {}),
    ...(step.endedFor === 'output' ? { outputLimit: true as const } : {}),
    ...(killSignal !== undefined && { killed: killSignal }),
    ...(step.exitCode === 0 && !counts ? { unrecognised: true as const } : {}),
    ...(canary && { canary }),
    ...(canary === 'passed' ? { frameworkPatched: true as const } : {}),
  };
}

/** The tests were not run: an earlier run on the tree changed them or the repository, or the machine kept that from being seen. */
export function wasRuined({ exitCode, output, stderr }: StepReport): boolean {
  return exitCode === 70 && output.length === 0 && stderr !== '';
}

function isPastLimit({ exitCode, seconds, endedFor }: StepReport, { timeoutSeconds }: Task): boolean {
  return endedFor === 'time' || ((exitCode === 124 || exitCode === 137) && seconds >= timeoutSeconds);
}

/** Finds the signal that ended the runner before its time was up, such as `SIGKILL`. */
export function findSignal(step: StepReport, task: Task): string | undefined {
  if (step.endedFor !== undefined || isPastLimit(step, task)) return undefined;
  return Object.entries(constants.signals).find(([, number]) => step.exitCode === 128 + number)?.[0];
}

const countedSteps = new WeakMap<StepReport, { readonly counts: TestCounts | undefined }>();

/** Counts the tests in the output of a step, once: several questions about it need the same answer. */
function countStepTests(step: StepReport): TestCounts | undefined {
  let counted = countedSteps.get(step);
  if (counted === undefined) {
    counted = { counts: countTests(Buffer.from(step.output).toString()) };
    countedSteps.set(step, counted);
  }
  return counted.counts;
}

/** Returns the runner ended, and as far as its output is understood, no test ran. */
export function ranNoTest(step: StepReport): boolean {
  if (wasRuined(step)) return false;
  const counts = countStepTests(step);
  return !counts || counts.passed + counts.failed === 0;
}

/** Formats the last line that a runner printed, without colours, up to 200 characters. */
export function formatLastLine({ output }: StepReport): string {
  return (
    toLines(Buffer.from(output).toString())
      .findLast((line) => line.trim() !== '')
      ?.trim()
      .slice(0, 200) ?? ''
  );
}

export function createNotRunResult(reason: string, reference: Reference | undefined): TestResult {
  return {
    testsPassed: 0,
    testsFailed: 0,
    exitCode: null,
    testOutput: reason,
    reference: describeReference(reference),
  };
}

function describeReference(reference: Reference | undefined): TestResult['reference'] {
  return reference ? { count: reference.count, byName: reference.tests !== null } : null;
}

/** Lists the tests of the reference that did not run. A name that ran twice in the reference must run twice. */
function listMissingTests({ count, tests }: Reference, counts: TestCounts | undefined): string[] {
  if (tests === null) {
    const missing = count - (counts ? counts.passed + counts.failed : 0);
    return missing > 0 ? [`${missing} of ${count} tests`] : [];
  }
  const unmatched = new Map<string, number>();
  for (const name of counts?.names ?? []) unmatched.set(name, (unmatched.get(name) ?? 0) + 1);
  return tests.filter((name) => {
    const unmatchedCount = unmatched.get(name) ?? 0;
    unmatched.set(name, unmatchedCount - 1);
    return unmatchedCount <= 0;
  });
}

function listFirst(names: readonly string[]): readonly string[] {
  const moreCount = names.length - keptNames;
  return moreCount > 0 ? [...names.slice(0, keptNames), `and ${moreCount} more`] : names;
}

function shorten(output: string): string {
  const { head, tail } = keptOutput;
  if (output.length <= head + tail) return output;
  return `${output.slice(0, head)}\n[… ${output.length - head - tail} characters left out …]\n${output.slice(-tail)}`;
}
