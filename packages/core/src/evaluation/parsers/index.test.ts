import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linearly } from '../../records/linearly.test.support.ts';
import { countTests, type TestCounts } from './index.ts';

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

function counts(passed: number, failed: number, runner: string): TestCounts {
  return { runner, passed, failed };
}

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
    expect(countTests(output)).toEqual(result ?? undefined);
    expect(countTests(output.replace(/\r?\n/g, '\r\n')), 'with CRLF').toEqual(result ?? undefined);
    const coloured = output.replace(/[^\r\n]+/g, '\u001b[1m\u001b[38;5;9m$&\u001b(B\u001b[m');
    expect(countTests(coloured), 'in colours').toEqual(result ?? undefined);
  });
});

describe('several runs in one output', () => {
  const summed = Object.entries(expected).flatMap(([name, want]) =>
    want === null || want[2] !== undefined ? [] : [{ name, passed: want[0], failed: want[1] }],
  );

  test.for(summed)('$name after itself is summed', ({ name, passed, failed }) => {
    const twice = countTests(`${read(name)}\n+ second run\n${read(name)}`);
    expect(twice).toMatchObject({ passed: 2 * passed, failed: 2 * failed });
  });

  test('of several runners are summed, a failure in the first is not lost', () => {
    expect(countTests(read('tap/tape-fail') + read('pytest/pass'))).toEqual(counts(4, 1, 'pytest + tap'));
    expect(countTests(read('node-test/node20-tap-pass') + read('tap/tape-pass'))).toEqual(
      counts(6, 0, 'node:test + tap'),
    );
  });

  test('amid the lines of a runner script', () => {
    const output = `HEAD is now at 1a2b3c4 Base\n${read('go-test/pass-verbose')}Cleaning up repository...\n`;
    expect(countTests(output)).toEqual(counts(5, 0, 'go test'));
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
  ] as const)('%s that ends before %j is no success', ([name, cut]) => {
    const output = read(name);
    expect(output).toContain(cut);
    const result = countTests(output.slice(0, output.indexOf(cut)));
    expect(result === undefined || result.failed > 0 || result.passed === 0).toBe(true);
  });

  test('a summary after megabytes without a line end is still found', () => {
    const output = `=== RUN   TestBig\n${'x'.repeat(5e6)}--- PASS: TestBig (0.01s)\nok  \texample.com/big\t0.1s\n`;
    expect(countTests(output)).toEqual(counts(1, 0, 'go test'));
  });

  test('numbers that no test suite has are not counted', () => {
    expect(countTests(`==== ${'9'.repeat(400)} passed in 0.01s ====`)).toBeUndefined();
  });
});

describe('a long output takes time in proportion to its length', () => {
  const countLinearly = (text: string): TestCounts | undefined => linearly(countTests, text, 2 << 20);

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
    ['parentheses', `  Tests  ${' (1)'.repeat(1000)}x\n`],
  ] as const)('of %s', ([, text]) => {
    expect(countLinearly(text)?.passed ?? 0).toBe(0);
  });
});
