import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { failingTests } from './index.ts';

const fixtures = new URL('../parsers/fixtures/', import.meta.url);
const of = (file: string) => failingTests(readFileSync(new URL(file, fixtures), 'utf8'));

test.for([
  ['pytest/fail.txt', 'fail/test_fail.py::test_number[2]', 'assert 2 != 2', 'fail/test_fail.py:6'],
  ['pytest/fail-xdist.txt', 'fail/test_fail.py::test_number[2]', 'assert 2 != 2', undefined],
  [
    'pytest/collection-errors.txt',
    'collect/test_broken.py',
    "ModuleNotFoundError: No module named 'module_that_is_missing'",
    'collect/test_broken.py:1',
  ],
  ['pytest/conftest-error.txt', '', 'RuntimeError: conftest is broken', 'conf/conftest.py:1'],
  [
    'unittest/mixed.txt',
    'test_error (test_mixed.Mixed.test_error)',
    'RuntimeError: no database',
    'test_mixed.py:5',
  ],
  [
    'unittest/import-error.txt',
    'test_import (unittest.loader._FailedTest.test_import)',
    "ModuleNotFoundError: No module named 'module_that_is_missing'",
    'test_import.py:1',
  ],
  ['go-test/fail.txt', 'TestBad', 'got 1, want 2', 'bad_test.go:4'],
  ['go-test/fail-verbose.txt', 'TestBad', 'got 1, want 2', 'bad_test.go:4'],
  ['go-test/fail-json.txt', 'TestBad', 'got 1, want 2', 'bad_test.go:4'],
  [
    'go-test/panic.txt',
    'TestOuter/inner',
    'panic: assignment to entry in nil map [recovered, repanicked]',
    'panics/panics_test.go:4',
  ],
  [
    'go-test/build-failed.txt',
    'example.com/shop/broken [build failed]',
    'undefined: undefinedFunction',
    'broken/broken_test.go:3',
  ],
  ['cargo-test/fail.txt', 'bad', 'assertion `left == right` failed left: 1 right: 2', 'src/lib.rs:4'],
  ['cargo-test/compile-error.txt', '', 'error[E0308]: mismatched types', 'src/lib.rs:1'],
  [
    'jest/fail.txt',
    'bad',
    'expect(received).toBe(expected) // Object.is equality Expected: 2 Received: 1',
    'fail.test.js:3',
  ],
  [
    'jest/suite-failed.txt',
    './broken.test.js: Test suite failed to run',
    "Cannot find module './missing.js' from 'broken.test.js'",
    'broken.test.js:2',
  ],
  [
    'vitest/fail.txt',
    'fail.test.js > bad',
    'AssertionError: expected 1 to be 2 // Object.is equality',
    'fail.test.js:3',
  ],
  ['node-test/node24-spec-fail.txt', 'bad', 'AssertionError [ERR_ASSERTION]: 1 == 2', 'fail.test.js:4'],
  ['node-test/node24-tap-fail.txt', 'bad', '1 == 2', 'fail.test.js:4'],
  [
    'node-test/node24-spec-broken.txt',
    'broken.test.js',
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'missing.js' imported from broken.test.js",
    'broken.test.js:1',
  ],
  ['mocha/fail.txt', 'bad', 'AssertionError [ERR_ASSERTION]: 1 == 2', 'fail.js:3'],
  ['mocha/broken.txt', '', "Error: Cannot find module './missing.js'", 'broken.js:1'],
  ['tap/tape-fail.txt', 'wrong', 'Error: wrong (expected 2, actual 1)', 'fail.js:2'],
] as const)('the first of %s is %s: %s', ([file, name, message, place]) => {
  const [{ places, ...first } = expect.fail('no test')] = of(file);
  expect([first, places[0]]).toEqual([{ name, message }, place]);
});

test.for([
  ['pytest/fail.txt', ['fail/test_fail.py::test_number[2]', 'fail/test_fail.py::test_bad']],
  ['go-test/fail.txt', ['TestBad', 'TestTable/broken']],
  ['jest/fail.txt', ['bad', 'worse']],
  ['vitest/fail.txt', ['fail.test.js > bad', 'fail.test.js > worse']],
  ['mocha/fail.txt', ['bad', 'hooks "before all" hook for "a"']],
] as const)('the failing tests of %s', ([file, names]) => {
  expect(of(file).map(({ name }) => name)).toEqual(names);
});

test.for(['pytest/pass.txt', 'go-test/pass-verbose.txt', 'jest/pass-verbose.txt', 'tap/tape-pass.txt'])(
  'nothing failed in %s',
  (file) => expect(of(file)).toEqual([]),
);

test('the texts of code under test are bounded, on one line, and without control characters', () => {
  const [first] = failingTests(`FAILED a.py::${'x'.repeat(1500)} - a\u202eb\u0007c${'y'.repeat(900)}`);
  expect(first?.name).toHaveLength(300);
  expect(first?.message).toMatch(/^a b cy{294}…$/);
  const many = Array.from({ length: 90 }, (_, index) => `--- FAIL: Test${index} (0.00s)`).join('\n');
  expect(failingTests(many)).toHaveLength(20);
});

test.for([
  ['rules', '___ ___ '.repeat(500_000)],
  ['names of pytest', 'FAILED a.py::b - c\n'.repeat(200_000)],
  ['tests of go', '--- FAIL: x\n'.repeat(300_000)],
  [
    'nested tests of go',
    Array.from({ length: 2000 }, (_, i) => `--- FAIL: ${i}${'/a'.repeat(900)}`).join('\n'),
  ],
  [
    'long names of packages of go',
    Array.from({ length: 300 }, (_, i) => `FAIL ${i}${'/a'.repeat(2000)} [build failed]`).join('\n'),
  ],
  [
    'panics of go after packages that are not built',
    Array.from({ length: 60_000 }, (_, i) => `FAIL ${i} [build failed]\npanic: x\n`).join(''),
  ],
  ['spaces', `✖ failing tests:\n${`✖ a\n${`${' '.repeat(4000)}x\n`.repeat(40)}`.repeat(25)}`],
  ['silent files of node', `✖ failing tests:\n${'✖ a\n'.repeat(500_000)}`],
  ['silent files in TAP', 'not ok 1 - a\n  ---\n'.repeat(200_000)],
  ['heads of unittest', `ERROR: x\n${'-'.repeat(20)}\n`.repeat(100_000)],
  ['places', `--- FAIL: x\n${`${'a.a:1 '.repeat(60)}\n`.repeat(50_000)}`],
] as const)('hostile output takes linear time: %s', ([, output]) => {
  const before = process.cpuUsage();
  failingTests(output);
  const { user } = process.cpuUsage(before);
  // Measured: at most 0.4 s for these. A quadratic parser takes minutes.
  expect(user / 1e6).toBeLessThan(10);
});
