import { Buffer } from 'node:buffer';
import type { JobReport, StepReport, Submission } from '@cooperbench/core';
import { describe, expect, test } from 'vitest';
import { findCanaryTrouble, findFaultBeforeTests, findTroubles } from './trouble.ts';

const submission = { features: [1, 2], task: { timeoutSeconds: 60 } } as unknown as Submission;

const step = (exitCode: number, overrides: Partial<StepReport> = {}): StepReport => ({
  ...{ exitCode, output: Buffer.from('1..1\nnot ok 1\n'), stderr: '', seconds: 1 },
  ...overrides,
});

function report(steps: Readonly<Record<string, StepReport>>, overrides: Partial<JobReport> = {}): JobReport {
  const outputFiles = new Map([['state', Buffer.from('root x\nend\n')]]);
  return { id: 'x', markedLines: [], outputFiles, steps: new Map(Object.entries(steps)), ...overrides };
}

describe('a sign that the machine may be at fault', () => {
  test.for<[string, JobReport, string[]]>([
    ['none in tests that fail', report({ 1: step(1), '1.probe': step(0) }), []],
    ['none in tests that pass', report({ 1: step(0) }), []],
    ['a signal', report({ 1: step(134) }), ['SIGABRT ended the tests']],
    ['no signal, but the time limit', report({ 1: step(137, { seconds: 60 }) }), []],
    ['no signal, but an exit code beyond all', report({ 1: step(255) }), []],
    [
      'a probe that fails',
      report({ 1: step(1), '1.probe': step(1, { stderr: 'no 128 MiB of memory are free\nmore' }) }),
      ['no 128 MiB of memory are free'],
    ],
    [
      'a probe that does not end',
      report({ 1: step(1), '1.probe': step(124, { endedFor: 'time' }) }),
      ['a look at it took more than 120 s'],
    ],
    [
      'words of a run that fails',
      report({
        1: step(0),
        2: step(1, { output: Buffer.from('OSError: [Errno 28] No space left on device') }),
      }),
      ['No space left on device'],
    ],
    [
      'tests that were not run',
      report({ 2: step(70, { output: Buffer.from(''), stderr: 'the repository was ruined' }) }),
      ['the repository was ruined'],
    ],
    ['a sandbox that was lost', report({ 1: step(0) }, { lost: 'It is gone.' }), ['It is gone.']],
    [
      'a git that was killed',
      report({}, { markedLines: ['exhausted'] }),
      ['git was killed, or something ran out, while patches were merged'],
    ],
  ])('%s', ([, jobReport, expected]) => {
    expect(findTroubles(jobReport, submission).map(({ sign }) => sign)).toEqual(expected);
  });

  test('a canary that was not run, because something seemed to have been changed', () => {
    const ruined = step(70, { output: Buffer.from(''), stderr: 'the tests were tampered with' });
    const markedLines = ['canary 2 word'];
    expect(findCanaryTrouble(report({ canary: ruined }, { markedLines }))).toEqual([
      { feature: 2, sign: 'the tests were tampered with' },
    ]);
    expect(findCanaryTrouble(report({ canary: step(1) }, { markedLines }))).toEqual([]);
  });
});

describe('a fault before any test', () => {
  const doubt = { outputFiles: new Map([['doubt', Buffer.from('end\n')]]) };

  test.for<[string, JobReport, string | undefined]>([
    ['none', report({}), undefined],
    ['none that the probe finds', report({ probe: step(0) }, doubt), undefined],
    ['what the probe says', report({ probe: step(1, { stderr: 'cannot write' }) }, doubt), 'cannot write'],
    ['a probe that could not start', report({}, doubt), 'no process could be started to look at it'],
    [
      'half of a state',
      report({}, { outputFiles: new Map([['state', Buffer.from('root x\n')]]) }),
      'it handed out half of a file',
    ],
  ])('%s', ([, jobReport, expected]) => {
    expect(findFaultBeforeTests(jobReport)).toBe(expected);
  });
});
