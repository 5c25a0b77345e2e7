import { parseNumber } from './lines.ts';
import type { Counts, TestOutputParser } from './test-output-parser.ts';

const SUITES = /^Test Suites: +(.*\d total)$/;
const TESTS = /^Tests: +(.*\d total)$/;
const TEST = /^ +[✓✕√×] (.+?)(?: \([\d.]+ m?s\))?$/;
const NOTHING = /^No tests found, exiting with code \d/;
// Jest prints this, and the process then ends with the exit code that the code under test chose.
const EXITED = /^ +● +process\.exit called with /;

function parse(lines: readonly string[]): Counts | undefined {
  let isRecognized = false;
  let failedSuites: number | undefined;
  let passed = 0;
  let failed = 0;
  const names: string[] = [];
  for (const line of lines) {
    const name = TEST.exec(line)?.[1];
    if (name !== undefined) names.push(name);
    const suites = SUITES.exec(line)?.[1];
    const tests = TESTS.exec(line)?.[1];
    if (suites !== undefined) failedSuites = parseNumber('failed', suites);
    else if (tests !== undefined) {
      passed += parseNumber('passed', tests);
      failed += Math.max(parseNumber('failed', tests), failedSuites ?? 0);
      failedSuites = undefined;
    } else if (EXITED.test(line)) failed += 1;
    else if (!NOTHING.test(line)) continue;
    isRecognized = true;
  }
  return isRecognized ? { passed, failed: failed + (failedSuites ?? 0), names } : undefined;
}

/**
 * Jest. Skipped and to-do tests count as neither. A suite fails because a test failed or because it could not
 * run, so there are at least as many failures as failed suites.
 */
export const jest: TestOutputParser = { runner: 'jest', parse };
