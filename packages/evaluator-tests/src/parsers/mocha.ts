import type { Counts, TestOutputParser } from './test-output-parser.ts';

const PASSING = /^ {2}(\d{1,9}) passing \(\d+\w+\)$/;
const FAILING = /^ {2}(\d{1,9}) failing$/;
const TEST = /^ +(?:[✓✔√]|\d{1,9}\)) (.+?)(?: \(\d+ms\))?$/;
const NOT_LOADED = /^ ?Exception during run: /;

function parse(lines: readonly string[]): Counts | undefined {
  let isRecognized = false;
  let passed = 0;
  let failed = 0;
  const names: string[] = [];
  for (const line of lines) {
    const name = TEST.exec(line)?.[1];
    if (name !== undefined) names.push(name);
    const passLine = PASSING.exec(line)?.[1];
    const failureNumber = FAILING.exec(line)?.[1];
    if (passLine !== undefined) passed += Number(passLine);
    else if (failureNumber !== undefined) failed += Number(failureNumber);
    else if (NOT_LOADED.test(line)) failed += 1;
    else continue;
    isRecognized = true;
  }
  return isRecognized ? { passed, failed, names } : undefined;
}

/**
 * Mocha, all reporters that end like `spec`. A failed hook is a failure, because its tests do not run. A test
 * file that does not load is a failure. Pending tests count as neither.
 */
export const mocha: TestOutputParser = { runner: 'mocha', parse };
