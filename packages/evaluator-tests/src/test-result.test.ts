import type { Evaluation, Reference, Submission } from '@cooperbench/core';
import { describe, expect, test } from 'vitest';
import { judge } from './judge.ts';
import { ranNoTest } from './test-result.ts';

interface Run {
  readonly exitCode: number;
  readonly stderr?: string;
}

/** Returns the verdict on a patch for feature 1 whose tests printed these lines. */
function judged(
  printed: readonly string[],
  reference?: Reference,
  { exitCode, stderr = '' }: Run = { exitCode: 0 },
): Evaluation {
  const submission: Submission = {
    id: 'solo/x_task/1/f1_f2',
    task: {
      ...{ repo: 'x_task', taskId: 1, directory: '/x', features: [1], image: 'x' },
      ...{ protectedPaths: [], timeoutSeconds: 60 },
    },
    setting: 'coop',
    judged: 'merge',
    features: [1],
    patches: [{ seat: 'agent1', features: [1], patch: Buffer.from('patch') }],
    references: reference && new Map([[1, reference]]),
    untrusted: true,
  };
  const markedLines = ['apply agent1 applied', 'merge clean naive'];
  const step = { exitCode, stderr, seconds: 1, output: Buffer.from(printed.join('\n')) };
  const report = { markedLines, outputFiles: new Map(), steps: new Map([['1', step]]) };
  return judge(
    submission,
    ['', '#agent1'].map((tree) => ({ id: submission.id + tree, ...report })),
    { policy: { name: 'union', strategy: 'union' } },
  );
}

const result = (...callArguments: Parameters<typeof judged>) => judged(...callArguments).featuresResults[1];
const tap = (...names: string[]): string[] => [
  'TAP version 13',
  ...names.map((name, index) => `ok ${index + 1} ${name}`),
  `1..${names.length}`,
];
const reference: Reference = { count: 3, tests: ['adds', 'adds', 'divides'] };
const counted: Reference = { count: 3, tests: null };

describe('a run of the tests beside the reference', () => {
  test('without one passes by its own summary, and says so', () => {
    expect(result(tap('adds'))).toMatchObject({ passed: true, reference: null });
    expect(judged(tap('adds')).individual?.agent1).toMatchObject({ success: true, reference: null });
  });

  test('passes with all of its tests, in any order, and with more', () => {
    const all = result(tap('more', 'divides', 'adds', 'adds'), reference);
    expect(all).toMatchObject({ passed: true, reference: { count: 3, byName: true } });
    expect(all).not.toHaveProperty('missingTests');
  });

  test('fails without one of them, whatever it exits with, and names it', () => {
    const evaluation = judged(tap('adds', 'more', 'many', 'others'), reference);
    expect(evaluation.featuresResults[1]).toMatchObject({
      passed: false,
      exitCode: 0,
      testsPassed: 4,
      missingTests: ['adds', 'divides'],
    });
    expect(evaluation).toMatchObject({ bothPassed: false, overallSuccess: false, error: null });
    expect(evaluation.merged?.error).toBe('feature 1: tests of the reference did not run: adds, divides');
    expect(evaluation.individual?.agent1).toMatchObject({
      success: false,
      error: 'tests of the reference did not run: adds, divides',
      missingTests: ['adds', 'divides'],
      reference: { count: 3, byName: true },
    });
  });

  test('fails when only a summary was printed, or nothing', () => {
    for (const printed of [['========= 3 passed in 0.01s ========='], ['Ran 3 tests in 0.001s', 'OK'], []])
      expect(result(printed, reference)).toMatchObject({ passed: false, missingTests: reference.tests });
  });

  test('is compared by number when the runner prints no names', () => {
    expect(result(['===== 3 passed in 0.01s ====='], counted)).toMatchObject({
      passed: true,
      reference: { count: 3, byName: false },
    });
    expect(result(['===== 1 passed in 0.01s ====='], counted)).toMatchObject({
      passed: false,
      missingTests: ['2 of 3 tests'],
    });
  });

  test('that failed says why it failed first, and names what did not run besides', () => {
    expect(judged(['ok 1 adds', 'not ok 2 divides', '1..2'], reference, { exitCode: 1 }).merged?.error).toBe(
      'feature 1: 1 of 2 tests failed',
    );
    expect(judged(['ok 1 adds', '1..1'], reference, { exitCode: 7 }).merged?.error).toBe(
      'feature 1: the test run exited 7',
    );
  });

  test('names at most a hundred', () => {
    const tests = Array.from({ length: 150 }, (_, index) => `test ${index}`);
    const { missingTests: missing = [] } = result([], { count: 150, tests }) ?? {};
    expect(missing.length).toBe(101);
    expect(missing.at(-1)).toBe('and 50 more');
    expect(judged(tap('x'), { count: 150, tests }).merged?.error).toBe(
      'feature 1: tests of the reference did not run: test 0, test 1, test 2, …',
    );
  });

  test('that did not take place has a reference and no missing tests', () => {
    const ruined = result([], reference, { exitCode: 70, stderr: 'the repository was ruined' });
    expect(ruined).toMatchObject({ passed: false, exitCode: null, reference: { count: 3 } });
    expect(ruined).not.toHaveProperty('missingTests');
  });
});

test('the tests in the output of a step are counted once, however often somebody asks', () => {
  const output = Buffer.from('TAP version 13\nok 1 adds\n1..1');
  const step = { exitCode: 0, stderr: '', seconds: 1, output };
  expect(ranNoTest(step)).toBe(false);
  output.fill(0);
  expect(ranNoTest(step)).toBe(false);
});
