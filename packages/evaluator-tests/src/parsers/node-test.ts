import type { Counts, TestOutputParser } from './test-output-parser.ts';

const TOTAL = /^(?:#|ℹ) (pass|fail|cancelled) (\d{1,9})$/;
const TOP_LEVEL_PASS = /^(?:✔|ok \d{1,9} -) (\S+)(?: \([\d.]+ms\))?$/;
// Tests and suites at any depth. The tap reporter prints a test's own output as comments.
const TEST = /^ *(?:[✔✖]|(?:not )?ok \d{1,9} -) (?!failing tests:$)(.+?)(?: \([\d.]+ms\))?$/;
const NEITHER = / # (?:SKIP|TODO)\b/;
const MODULE = /\.[cm]?[jt]s$/;
const TEST_MODULE = /^(?:.*[._-]test|test|test-.*)\.[cm]?[jt]s$/;

/** Returns whether Node finds a file of this name by itself, or the name is an absolute path. */
function isTestFile(name: string): boolean {
  if (!MODULE.test(name)) return false;
  const folders = name.split('/');
  return TEST_MODULE.test(folders.pop() ?? '') || folders[0] === '' || folders.includes('test');
}

/**
 * Node reports a file without any test result as one passed test named after the file. The file may be empty, or the
 * code under test may have ended its process with exit code 0. A suite may have such a name, too, but Node announces
 * a suite (`▶ name`) and prints its tests in between.
 */
function isSilentFile(line: string, previous: string, suites: ReadonlySet<string>): boolean {
  const name = TOP_LEVEL_PASS.exec(line)?.[1];
  if (name === undefined || !isTestFile(name)) return false;
  return line.startsWith('ok') ? previous === `# Subtest: ${name}` : !suites.has(name);
}

function parse(lines: readonly string[]): Counts | undefined {
  const suites = new Set<string>();
  let isRecognized = false;
  let passed = 0;
  let failed = 0;
  let silentCount = 0;
  const names: string[] = [];
  let previous = '';
  let totals = { pass: 0, fail: 0 };
  for (const line of lines) {
    const total = TOTAL.exec(line);
    const name = TEST.exec(line)?.[1];
    if (line.startsWith('▶ ')) suites.add(line.slice(2));
    else if (isSilentFile(line, previous, suites)) silentCount += 1;
    else if (name !== undefined && !NEITHER.test(line)) names.push(name);
    else if (total?.[1] === 'pass') totals = { pass: Number(total[2]), fail: 0 };
    else if (total?.[1] === 'fail') totals.fail = Number(total[2]);
    else if (total?.[1] === 'cancelled') {
      // No other producer of TAP prints this line, so the two lines before it are Node's.
      isRecognized = true;
      passed += Math.max(0, totals.pass - silentCount);
      failed += totals.fail + Number(total[2]);
      totals = { pass: 0, fail: 0 };
      silentCount = 0;
      suites.clear();
    }
    previous = line;
  }
  return isRecognized ? { passed, failed, names } : undefined;
}

/**
 * node --test, and test files run by themselves, by the totals at the end of the tap and the spec reporter.
 * Cancelled tests are failures. Skipped and to-do tests count as neither. A file without tests is not a test.
 */
export const nodeTest: TestOutputParser = { runner: 'node:test', parse };
