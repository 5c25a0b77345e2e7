import { parseJson } from './go-test-json.ts';
import { add, type Counts, type TestOutputParser } from './test-output-parser.ts';

// Neither pattern is anchored: go test prints both right after the output of a test that lacks a line end.
const RUN = /=== RUN {3}(\S+)$/;
const RESULT = /--- (PASS|FAIL|SKIP): (\S+) \(\d+\.\d+s\)$/;
const PACKAGE = /^(ok {2}|FAIL|\? {3})\t(\S+)(?:\t| \[)/;
const NOTHING = /^testing: warning: no tests to run$/;

interface Text extends Counts {
  /** Packages that passed. */
  readonly packages: readonly string[];
  readonly verbose: boolean;
}

function parseText(lines: readonly string[]): Text | undefined {
  const open = new Set<string>();
  let isRecognized = false;
  let verbose = false;
  const packages: string[] = [];
  const names: string[] = [];
  let unnamed: string[] = [];
  let passed = 0;
  let failed = 0;
  let failedBefore = 0;
  for (const line of lines) {
    if (line.startsWith('{')) continue;
    const run = line.includes('=== RUN') ? RUN.exec(line) : null;
    const result = line.includes('--- ') ? RESULT.exec(line) : null;
    const packageLine = PACKAGE.exec(line);
    if (run !== null) {
      verbose = true;
      open.add(run[1] ?? '');
    } else if (result !== null) {
      const announced = open.delete(result[2] ?? '');
      // Without -v, go test prints only failures and does not announce them.
      if (!announced && (verbose || line.slice(0, result.index).trim() !== '')) continue;
      if (result[1] !== 'SKIP') unnamed.push(result[2] ?? '');
      if (result[1] === 'PASS') passed += 1;
      if (result[1] === 'FAIL') failed += 1;
    } else if (packageLine !== null) {
      const name = packageLine[2] ?? '';
      if (packageLine[1] === 'ok  ' && !line.includes('[no tests to run]')) packages.push(name);
      for (const test of unnamed) names.push(`${name} ${test}`);
      unnamed = [];
      failed += open.size;
      if (packageLine[1] === 'FAIL' && failed === failedBefore) failed += 1;
      failedBefore = failed;
      open.clear();
    } else if (!NOTHING.test(line)) continue;
    isRecognized = true;
  }
  return isRecognized
    ? { passed, failed: failed + open.size, names: [...names, ...unnamed], packages, verbose }
    : undefined;
}

function parse(lines: readonly string[]): Counts | undefined {
  const text = parseText(lines);
  const json = parseJson(lines);
  if (text === undefined || json !== undefined) {
    return json && add(json, text ?? { passed: 0, failed: 0, names: [] });
  }
  const { passed, failed, names, packages, verbose } = text;
  return verbose ? { passed, failed, names } : { passed: packages.length, failed, names: packages };
}

/**
 * go test. With -v or -json, every test and subtest counts, and a test that started but never ended is a failure.
 * Without either, go test prints failures by name and `ok` for a package: each `ok` counts as one passed test.
 * A package that fails without a failed test (build, setup, TestMain) is one failure.
 */
export const goTest: TestOutputParser = { runner: 'go test', parse };
