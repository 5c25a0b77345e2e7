import type { StepReport } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { type CanaryRun, formatCanaryRules, judgeCanary, readCanary } from './canary.ts';
import { parseFacts } from './facts.ts';

const run = (overrides: Partial<CanaryRun> = {}): CanaryRun => ({
  feature: 1,
  failed: [true, true],
  succeeded: false,
  whole: true,
  ...overrides,
});

test('a canary that fails as it must needs no reference', () => {
  expect(judgeCanary(run(), undefined)).toBe('failed');
});

test('one that passes is evidence only when it fails with the golden patch', () => {
  const passes = run({ failed: [false, false], succeeded: true });
  expect(judgeCanary(passes, run())).toBe('passed');
  expect(judgeCanary(passes, undefined)).toBe('unavailable');
  expect(judgeCanary(passes, passes)).toBe('unavailable');
  expect(judgeCanary(passes, run({ failed: [false, false] }))).toBe('unavailable');
});

test('one of its tests that alone passes was made to', () => {
  const canaryRun = run({ failed: [false, true] });
  expect(judgeCanary(canaryRun, run())).toBe('passed');
});

test('a runner that stops at the first failure, or is cut short, is no evidence for the other tests', () => {
  const canaryRun = run({ failed: [false, true] });
  expect(judgeCanary(canaryRun, run({ failed: [true, false] }))).toBe('failed');
  expect(judgeCanary({ ...canaryRun, whole: false }, run())).toBe('failed');
});

test('a run that ends otherwise, without a sign of the canary, says nothing', () => {
  expect(judgeCanary(run({ failed: [false, false] }), run())).toBe('inconclusive');
});

const step = (overrides: Partial<StepReport> & { text?: string } = {}): StepReport => ({
  ...{ exitCode: 1, stderr: '', seconds: 1 },
  ...overrides,
  output: Buffer.from(overrides.text ?? ''),
});
const facts = parseFacts(['merge clean naive', 'canary 2 abcd efgh']);

test('what it printed says which of its tests failed', () => {
  expect(readCanary(facts, step({ text: 'FAIL abcd\n' }))).toEqual(
    run({ feature: 2, failed: [true, false] }),
  );
});

test('exit 0, a summary without failures and changed scripts are a success', () => {
  const succeeded = (given: Parameters<typeof step>[0]): boolean | undefined =>
    readCanary(facts, step(given))?.succeeded;
  expect(succeeded({ exitCode: 0 })).toBe(true);
  expect(succeeded({ text: '===== 3 passed in 0.01s =====' })).toBe(true);
  expect(succeeded({ exitCode: 70, stderr: 'the tests were tampered with' })).toBe(true);
  expect(succeeded({ text: '===== 1 failed, 3 passed in 0.01s =====' })).toBe(false);
  expect(succeeded({ exitCode: 124, endedFor: 'time' })).toBe(false);
});

test('a canary has new names and words each time, and a word is nowhere in its code', () => {
  const [left, right] = [formatCanaryRules(), formatCanaryRules()];
  expect(left).not.toBe(right);
  for (const line of left.trim().split('\n')) {
    const [, , tokens = '', ...code] = line.split('|');
    for (const token of tokens.split(' ')) {
      expect(token).toMatch(/^[a-z]{20}$/);
      expect(right).not.toContain(token);
      expect(code.join('|')).not.toContain(token);
      expect(code.join('|')).toContain(token.slice(0, 10));
    }
  }
});
