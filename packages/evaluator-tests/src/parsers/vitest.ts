import { parseNumber } from './lines.ts';
import type { Counts, TestOutputParser } from './test-output-parser.ts';

const STARTED = /^ RUN {2}v\d/;
const FILES = /^ +Test Files {2}(.*?)(?: \(\d+\))?$/;
const TESTS = /^ +Tests {2}(.*?)(?: \(\d+\))?$/;
// Tests, and suites in the tree of a single file. A line of a file says how many tests it has.
const TEST = /^ +[✓×] (?!.*\(\d{1,9} tests?\b)(.+?)(?: \d+ms)?$/;
const ERRORS = /^ +(?:Type )?Errors {2}(\d{1,9}) errors?$/;
const NOTHING = /^No test files found, exiting with code \d/;

function parse(lines: readonly string[]): Counts | undefined {
  let isRecognized = false;
  let running = false;
  let failedFiles = 0;
  let passed = 0;
  let failed = 0;
  const names: string[] = [];
  for (const line of lines) {
    const name = TEST.exec(line)?.[1];
    if (name !== undefined) names.push(name);
    const files = FILES.exec(line)?.[1];
    const tests = TESTS.exec(line)?.[1];
    const errors = ERRORS.exec(line)?.[1];
    if (STARTED.test(line)) {
      if (running) failed += 1;
      running = true;
    } else if (files !== undefined) failedFiles = parseNumber('failed', files);
    else if (tests !== undefined) {
      passed += parseNumber('passed', tests);
      failed += Math.max(parseNumber('failed', tests), failedFiles);
      failedFiles = 0;
      running = false;
    } else if (errors !== undefined) failed += Number(errors);
    else if (NOTHING.test(line)) running = false;
    else continue;
    isRecognized = true;
  }
  return isRecognized ? { passed, failed: failed + (running ? 1 : 0), names } : undefined;
}

/**
 * Vitest, all reporters that end with its summary. Skipped, to-do and expectedly failing tests count as neither.
 * There are at least as many failures as failed files (a file that does not load has no tests), plus unhandled
 * errors.
 */
export const vitest: TestOutputParser = { runner: 'vitest', parse };
