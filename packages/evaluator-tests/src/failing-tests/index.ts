import type { FailingTest } from '@cooperbench/core';
import { toLines } from '../parsers/lines.ts';
import { findCargoFailures, goFailures, unwrapGoJson } from './compiled.ts';
import {
  findJavascriptCrash,
  findJestFailures,
  findMochaFailures,
  findNodeFailures,
  findTapFailures,
  findVitestFailures,
} from './javascript.ts';
import { findPytestFailures, findPythonCrash, findUnittestFailures } from './python.ts';

/** Failing tests that eval.json keeps. */
const maxTests = 20;

type Finder = (lines: readonly string[]) => FailingTest[];

/** By finder, texts of which an output that it finds something in has one: a look for them costs much less than the finder. */
const finders: readonly (readonly [find: Finder, ...texts: readonly string[]])[] = [
  [findPytestFailures, 'FAILED ', 'ERROR ', '___'],
  [findUnittestFailures, 'FAIL: ', 'ERROR: '],
  [goFailures, 'FAIL'],
  [findJestFailures, '● '],
  [findVitestFailures, ' FAIL  '],
  [findNodeFailures, '✖ '],
  [findMochaFailures, ' failing'],
  [findTapFailures, 'not ok'],
  [findCargoFailures, ' stdout ----', 'error'],
];

/**
 * Returns the failing tests in the output of a runner, in its order, at most `atMost`. For a run that ended before its tests,
 * returns its exception, without a name. Returns an empty list when it recognises no runner's output. Takes time linear in the
 * output's length and never throws.
 */
export function failingTests(output: string, atMost: number = maxTests): FailingTest[] {
  const allLines = toLines(output);
  const lines = output.includes('{"') ? allLines.map(unwrapGoJson).filter((line) => line !== '') : allLines;
  const text = lines.join('\n');
  for (const [find, ...texts] of finders) {
    if (!texts.some((marker) => text.includes(marker))) continue;
    const tests = find(lines);
    if (tests.length > 0)
      return [...new Map(tests.map((test) => [test.name, test])).values()].slice(0, atMost);
  }
  const crash = findPythonCrash(lines) ?? findJavascriptCrash(lines);
  return crash ? [crash] : [];
}
