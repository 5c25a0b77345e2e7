import type { FailingTest } from '@cooperbench/core';
import { toLines } from '../parsers/lines.ts';
import { cargoFailures, goFailures, withoutGoJson } from './compiled.ts';
import {
  javascriptCrash,
  jestFailures,
  mochaFailures,
  nodeFailures,
  tapFailures,
  vitestFailures,
} from './javascript.ts';
import { pytestFailures, pythonCrash, unittestFailures } from './python.ts';

/** Failing tests that eval.json keeps. */
const most = 20;

const finders = [
  pytestFailures,
  unittestFailures,
  goFailures,
  jestFailures,
  vitestFailures,
  nodeFailures,
  mochaFailures,
  tapFailures,
  cargoFailures,
];

/**
 * The failing tests in the output of a runner, in its order, at most `atMost`. Of a run that ended before its tests, its exception,
 * without a name. Empty when no runner's words are recognised. Takes time linear in the output's length and never throws.
 */
export function failingTests(output: string, atMost: number = most): FailingTest[] {
  const lines = toLines(output)
    .map(withoutGoJson)
    .filter((line) => line !== '');
  for (const find of finders) {
    const found = find(lines);
    if (found.length > 0)
      return [...new Map(found.map((test) => [test.name, test])).values()].slice(0, atMost);
  }
  const crash = pythonCrash(lines) ?? javascriptCrash(lines);
  return crash ? [crash] : [];
}
