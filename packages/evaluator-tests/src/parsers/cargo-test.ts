import type { Counts, TestOutputParser } from './test-output-parser.ts';

const STARTED = /^running \d{1,9} tests?$/;
const RESULT = /^test result: \w+\. (\d{1,9}) passed; (\d{1,9}) failed;/;
// typst, which is in the public dataset, has its own harness, which its runner calls through cargo test.
const TYPST_RESULT = /^(\d{1,9}) passed, (\d{1,9}) failed, \d{1,9} skipped$/;
// With one thread, a test's own output may come between its name and its result.
const TEST = /^test (\S.*?) \.\.\. (?!ignored)/;
// The line number of a documentation test. It changes with every line above it.
const POSITION = / \(line \d+\)/;
const BUILD_FAILED = /^error: could not compile /;
const TARGET_FAILED = /^error: (?:(?:test|doctest) failed, to rerun pass|\d+ targets? failed:)/;

function parse(lines: readonly string[]): Counts | undefined {
  let isRecognized = false;
  let running = false;
  let targetFailed = false;
  let passed = 0;
  let failed = 0;
  const names: string[] = [];
  for (const line of lines) {
    const name = TEST.exec(line)?.[1];
    if (name !== undefined) names.push(name.replace(POSITION, ''));
    const result = RESULT.exec(line) ?? TYPST_RESULT.exec(line);
    if (result !== null) {
      passed += Number(result[1]);
      failed += Number(result[2]);
      running = false;
    } else if (STARTED.test(line)) {
      if (running) failed += 1;
      running = true;
    } else if (BUILD_FAILED.test(line)) failed += 1;
    else if (TARGET_FAILED.test(line)) targetFailed = true;
    else continue;
    isRecognized = true;
  }
  // A binary without a result was ended by the code under test: by abort, or by exit(0), which cargo counts as success.
  if (running) failed += 1;
  return isRecognized ? { passed, failed: targetFailed ? Math.max(1, failed) : failed, names } : undefined;
}

/**
 * cargo test: unit, integration and documentation tests of all binaries together. Ignored tests count as
 * neither. Each crate target that does not compile, and each binary without a result, is one failure.
 */
export const cargoTest: TestOutputParser = { runner: 'cargo test', parse };
