import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { firstFailingTest } from './first-failing-test.ts';

const fixtures = new URL('../../../evaluator-tests/src/parsers/fixtures/', import.meta.url);

test.for([
  ['pytest/fail.txt', 'fail/test_fail.py::test_number[2]', 'assert 2 != 2'],
  ['pytest/fail-colour.txt', 'fail/test_fail.py::test_bad', 'AssertionError: assert [1] == [2]'],
  ['unittest/mixed.txt', 'test_error (test_mixed.Mixed.test_error)', 'RuntimeError: no database'],
  ['go-test/fail.txt', 'TestBad', 'got 1, want 2'],
  ['go-test/fail-verbose.txt', 'TestBad', 'got 1, want 2'],
  ['go-test/fail-json.txt', 'TestBad', 'got 1, want 2'],
  ['cargo-test/fail.txt', 'bad', 'assertion `left == right` failed'],
  ['jest/fail.txt', 'bad', 'expect(received).toBe(expected) // Object.is equality'],
  ['vitest/fail.txt', 'fail.test.js > bad', 'AssertionError: expected 1 to be 2 // Object.is equality'],
  ['node-test/node24-spec-fail.txt', 'bad', 'AssertionError [ERR_ASSERTION]: 1 == 2'],
  ['node-test/node24-tap-fail.txt', 'bad', '1 == 2'],
  ['mocha/fail.txt', 'bad', 'AssertionError [ERR_ASSERTION]: 1 == 2'],
  ['tap/tape-fail.txt', 'wrong', 'Error: wrong'],
] as const)('of %s is %s: %s', ([file, name, message]) => {
  expect(firstFailingTest(readFileSync(new URL(file, fixtures), 'utf8'))).toEqual({ name, message });
});

test.for(['pytest/pass.txt', 'go-test/pass-verbose.txt', 'jest/pass-verbose.txt', 'tap/tape-pass.txt'])(
  'nothing failed in %s',
  (file) => {
    expect(firstFailingTest(readFileSync(new URL(file, fixtures), 'utf8'))).toBeUndefined();
  },
);

test('an output that is hostile is cut, and never throws', () => {
  const found = firstFailingTest(`\u001b[31m--- FAIL: ${'x'.repeat(1500)}\n{"Output": 3}\n{"broken`);
  expect(found?.name).toHaveLength(300);
  expect(firstFailingTest('FAILED '.repeat(100_000))).toBeUndefined();
});
