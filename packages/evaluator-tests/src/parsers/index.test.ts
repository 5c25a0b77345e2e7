import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectLinearTime } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { countTests, parsersVersion, type TestCounts } from './index.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const read = (name: string): string => readFileSync(join(fixtures, `${name}.txt`), 'utf8');
const expected: Record<string, [number, number, string?] | null> = JSON.parse(
  readFileSync(join(fixtures, 'expected.json'), 'utf8'),
);
const RUNNERS: Record<string, string> = {
  'cargo-test': 'cargo test',
  'go-test': 'go test',
  'node-test': 'node:test',
};

function counts(passed: number, failed: number, runner: string): Omit<TestCounts, 'names'> {
  return { runner, passed, failed };
}

/** Without names, which have tests of their own. */
function countsIn(output: string): Omit<TestCounts, 'names'> | undefined {
  const testCounts = countTests(output);
  return testCounts && counts(testCounts.passed, testCounts.failed, testCounts.runner);
}

test('a change of the parsers raises their version, so that verdicts are made again', () => {
  const sources = readdirSync(import.meta.dirname).filter((name) => /^[a-z-]+\.ts$/.test(name));
  const hash = createHash('sha256');
  for (const name of sources.sort()) {
    // Comments and white space change no verdict.
    const text = readFileSync(join(import.meta.dirname, name), 'utf8').replaceAll(
      /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm,
      '',
    );
    hash.update(`${name}\0${text.replaceAll(/\s+/g, '')}\0`);
  }
  // Can the change alter a count or a name of some output? Then raise `parsersVersion` as well.
  expect([parsersVersion, hash.digest('hex')]).toEqual([
    2,
    'ace701eddd71bc9dee3565721b4433711eda99aaca03686036287d0d14bf2e05',
  ]);
});

describe('captured outputs', () => {
  test('every fixture has an expectation', () => {
    const files = readdirSync(fixtures, { recursive: true, encoding: 'utf8' });
    const captured = files.filter((file) => file.endsWith('.txt')).map((file) => file.slice(0, -4));
    expect(captured.sort()).toEqual(Object.keys(expected).sort());
  });

  test.for(Object.entries(expected))('%s', ([name, want]) => {
    const folder = name.slice(0, name.indexOf('/'));
    const result = want && counts(want[0], want[1], want[2] ?? RUNNERS[folder] ?? folder);
    const output = read(name);
    expect(countsIn(output)).toEqual(result ?? undefined);
    const testCounts = countTests(output);
    expect(countTests(output.replace(/\r?\n/g, '\r\n')), 'with CRLF').toEqual(testCounts);
    const coloured = output.replace(/[^\r\n]+/g, '\u001b[1m\u001b[38;5;9m$&\u001b(B\u001b[m');
    expect(countTests(coloured), 'in colours').toEqual(testCounts);
  });
});

describe('names of the tests that ran', () => {
  test.for([
    ['cargo-test/pass', ['tests::adds', 'tests::panics - should panic', 'basket', 'src/lib.rs - add']],
    ['cargo-test/pass-quiet', []],
    ['go-test/pass', ['example.com/shop/good', 'example.com/shop/skips']],
    ['go-test/skipped', ['example.com/shop/skips TestGood']],
    ['jest/pass-verbose', ['one', 'two']],
    ['jest/pass', []],
    ['mocha/skip', ['good']],
    ['node-test/node24-spec-skip', ['good']],
    ['node-test/node24-tap-skip', ['good']],
    ['node-test/node24-tap-empty', []],
    ['node-test/node24-tap-pass', ['one', 'two', 'sub', 'three', 'group']],
    ['node-test/node20-spec-pass', ['one', 'two', 'sub', 'three', 'group']],
    ['pytest/pass', []],
    ['pytest/fail-colour', ['fail/test_fail.py::test_good', 'fail/test_fail.py::test_bad']],
    ['pytest/skipped', ['skip/test_skip.py::test_plain', 'skip/test_skip.py::test_surprise']],
    ['tap/tape-skip', ['good']],
    ['tap/tape-two-runs', ['should be strictly equal', 'fine', 'should be strictly equal', 'wrong']],
    ['unittest/pass', ['test_pass.Sums.test_one', 'test_pass.Sums.test_two']],
    ['unittest/class-skipped-verbose', ['test_classskip.Fine.test_c']],
    ['vitest/pass', []],
  ] as const)('%s', ([name, names]) => expect(countTests(read(name))?.names).toEqual(names));

  test.for([
    'go-test/pass-verbose',
    'go-test/pass-json',
    'go-test/glued',
    'go-test/glued-json',
    'node-test/node20-tap-two-files',
    'node-test/node24-spec-direct',
    'vitest/fail-verbose',
    'mocha/old-pass',
    'tap/mocha-pass',
  ])('%s names as many tests as it counts, or more', (name) => {
    const testCounts = countTests(read(name));
    expect(testCounts?.names.length).toBeGreaterThanOrEqual(
      (testCounts?.passed ?? 0) + (testCounts?.failed ?? 0),
    );
  });

  const session = (...lines: string[]): string =>
    `=== test session starts ===\n${lines.join('\n')}\n=== 2 passed in 0.01s ===\n`;

  test('pytest -v, of parameters with spaces, and not what was skipped or expected to fail', () => {
    const output = session(
      'a/test_a.py::test_x[one two] PASSED                     [ 25%]',
      'a/test_a.py::test_y PASSED',
      'a/test_a.py::test_z SKIPPED (no server)                 [ 75%]',
      'a/test_a.py::test_w XFAIL                               [100%]',
    );
    expect(countTests(output)?.names).toEqual(['a/test_a.py::test_x[one two]', 'a/test_a.py::test_y']);
  });

  test('pytest -v -rA says each name once, and pytest -n says it after the worker', () => {
    const names = ['test_a.py::test_x', 'test_a.py::test_y'];
    const summary = names.map((name) => `PASSED ${name}`);
    expect(countTests(session(...names.map((name) => `${name} PASSED [ 50%]`), ...summary))?.names).toEqual(
      names,
    );
    const workers = names.map((name) => `[gw0] [ 50%] PASSED ${name} `);
    expect(countTests(session('test_a.py::test_x ', ...workers))?.names).toEqual(names);
  });

  test('unittest before Python 3.11, with documentation, and amid what tests print', () => {
    const output = [
      'test_a (tests.test_t.T) ... ok',
      'test_b (tests.test_t.T.test_b)',
      'Says what it does. ... ok',
      'a line without an endtest_c (tests.test_t.T.test_c) ... printed',
      'ok',
      "test_d (tests.test_t.T.test_d) ... skipped 'no server'",
      'test_e (tests.test_t.T.test_e) ... expected failure',
      'Ran 5 tests in 0.001s',
      'OK (skipped=1, expected failures=1)',
    ].join('\n');
    expect(countTests(output)?.names).toEqual([
      'tests.test_t.T.test_a',
      'tests.test_t.T.test_b',
      'tests.test_t.T.test_c',
    ]);
  });
});

describe('several runs in one output', () => {
  const summed = Object.entries(expected).flatMap(([name, want]) =>
    want === null || want[2] !== undefined ? [] : [{ name, passed: want[0], failed: want[1] }],
  );

  test.for(summed)('$name after itself is summed', ({ name, passed, failed }) => {
    const testCounts = countTests(`${read(name)}\n+ second run\n${read(name)}`);
    expect(testCounts).toMatchObject({ passed: 2 * passed, failed: 2 * failed });
  });

  test('of several runners are summed, a failure in the first is not lost', () => {
    expect(countsIn(read('tap/tape-fail') + read('pytest/pass'))).toEqual(counts(4, 1, 'pytest + tap'));
    expect(countsIn(read('node-test/node20-tap-pass') + read('tap/tape-pass'))).toEqual(
      counts(6, 0, 'node:test + tap'),
    );
  });

  test('amid the lines of a runner script', () => {
    const output = `HEAD is now at 1a2b3c4 Base\n${read('go-test/pass-verbose')}Cleaning up repository...\n`;
    expect(countsIn(output)).toEqual(counts(5, 0, 'go test'));
  });
});

describe('odd output', () => {
  test.for([
    '',
    '\n\r\n',
    'ok',
    '1..3',
    'FAILED (failures=1)',
    '  passing',
    '# pass 3\n# fail 0',
    '--- PASS: T',
  ])('%j holds no counts', (output) => expect(countTests(output)).toBeUndefined());

  test('cut anywhere is read without an exception', () => {
    for (const name of Object.keys(expected)) {
      const output = read(name);
      const step = Math.ceil(output.length / 50);
      for (let length = 0; length < output.length; length += step) countTests(output.slice(0, length));
    }
  });

  test.for([
    ['pytest/pass', '===== 3 passed'],
    ['unittest/pass', 'OK'],
    ['go-test/pass-verbose', '--- PASS: TestParallel'],
    ['go-test/pass-json', '"Action":"pass","Package":"example.com/shop/good","Elapsed"'],
    ['cargo-test/pass', 'test result: ok. 1'],
    ['jest/pass', 'Tests:'],
    ['vitest/pass', ' Tests '],
    ['node-test/node20-tap-pass', '1..2\n# tests'],
    ['tap/tape-pass', '1..2'],
  ] as const)('%s that ends before %j is not a success', ([name, cut]) => {
    const output = read(name);
    expect(output).toContain(cut);
    const result = countTests(output.slice(0, output.indexOf(cut)));
    expect(result === undefined || result.failed > 0 || result.passed === 0).toBe(true);
  });

  test('a summary after megabytes without a line end is still found', () => {
    const output = `=== RUN   TestBig\n${'x'.repeat(5e6)}--- PASS: TestBig (0.01s)\nok  \texample.com/big\t0.1s\n`;
    expect(countsIn(output)).toEqual(counts(1, 0, 'go test'));
  });

  test('numbers that no test suite has are not counted', () => {
    expect(countTests(`==== ${'9'.repeat(400)} passed in 0.01s ====`)).toBeUndefined();
  });
});

describe('a long output takes time in proportion to its length', () => {
  const countLinearly = (text: string): TestCounts | undefined => expectLinearTime(countTests, text, 2 << 20);

  test.for(['pytest/fail', 'go-test/pass-json', 'cargo-test/pass', 'vitest/fail-colour'])(
    'of %s again and again',
    (name) => {
      expect(countLinearly(`${read(name)}\n`)?.passed).toBeGreaterThan(10_000);
    },
  );

  test.for([
    ['blank lines', '\n'],
    ['log lines', '2026-01-01T00:00:00Z INFO some.module: handled the request in 12 ms\n'],
    ['one line', 'x'],
    ['one line of escapes', '\u001b['],
    ['unfinished links', '\u001b]8;;'],
    ['unfinished colours', `\u001b[${'0;'.repeat(5000)}`],
    ['one line that leads on', '1 passed, '],
    ['lines that lead on', `${'1 passed, '.repeat(400)}\n`],
    ['equals signs', `${'='.repeat(4000)}\n`],
    ['hash signs', `ok ${'# '.repeat(2000)}\n`],
    ['unfinished results', '--- PASS: '],
    ['unfinished JSON', `{"Action":"${'['.repeat(4000)}\n`],
    ['paths', `✔ ${'/test/'.repeat(600)}\n`],
    ['names', `${'test_a (b.c) ... '.repeat(200)}\n`],
    ['words', `${'x'.repeat(4000)} (a) ... ok\n`],
    ['results', `${'a::b PASSED [ '.repeat(250)}\n`],
    ['parentheses', `  Tests  ${' (1)'.repeat(1000)}x\n`],
  ] as const)('of %s', ([, text]) => {
    expect(countLinearly(text)?.passed ?? 0).toBe(0);
  });
});
