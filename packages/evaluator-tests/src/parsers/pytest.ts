import { parseNumber } from './lines.ts';
import type { Counts, TestOutputParser } from './test-output-parser.ts';

const STARTED = /^(?:=+ test session starts =+|Test session starts \(.*\))$/;
const ITEM = '\\d{1,9} [a-z]+(?: [a-z]+)?';
const DURATION = '\\d[\\d.]* ?s(?:econds)?(?: \\([^()]*\\))?';
const SUMMARY = new RegExp(`^(?:=+ )?((?:${ITEM}, )*${ITEM}|no tests ran) in ${DURATION}(?: =+)?$`);
// pytest-pretty and pytest-sugar print this above a column of counts instead.
const RESULTS = /^Results \([\d.]+ ?\w*\):$/;
const RESULT = /^ +(\d{1,9} [a-z]+|no tests ran)$/;
// Each of these ends a session early. pytest.exit() can do so with exit code 0.
const ABORTED =
  /^(?:!+ (?:KeyboardInterrupt|(?:_pytest\.outcomes\.)?Exit: .*) !+$|ImportError while loading conftest |ERROR: (?:usage: |(?:file or directory )?not found: )|INTERNALERROR> Traceback )/;

// A line of -v, of -v with xdist, and of the summary that -rA prints.
const RESULT_OF = / (?:PASSED|FAILED|ERROR|XPASS)(?: +\[ *\d{1,3}%\])?$/;
const RESULT_OF_WORKER = /^\[gw\d+\] (?:\[ *\d{1,3}%\] )?(?:PASSED|FAILED|ERROR|XPASS) (\S.*)$/;
const SUMMARISED = /^(?:PASSED|XPASS) (\S+::.*)$/;

/** Finds the name of the test whose result a line of -v reports. */
function findNamedIn(line: string): string | undefined {
  if (!line.includes('::')) return undefined;
  const result = RESULT_OF.exec(line);
  return result ? line.slice(0, result.index) : RESULT_OF_WORKER.exec(line)?.[1]?.trimEnd();
}

function tally(summary: string): Pick<Counts, 'passed' | 'failed'> {
  return {
    passed: parseNumber('passed', summary) + parseNumber('xpassed', summary),
    failed: parseNumber('failed', summary) + parseNumber('error', summary) + parseNumber('errors', summary),
  };
}

function parse(lines: readonly string[]): Counts | undefined {
  let isRecognized = false;
  let running = false;
  let inColumn = false;
  let passed = 0;
  let failed = 0;
  const names: string[] = [];
  // Names in the current session. With both -v and -rA, pytest prints each name twice.
  let verbose: string[] = [];
  let summarised: string[] = [];
  const endSession = (): void => {
    for (const name of verbose.length > 0 ? verbose : summarised) names.push(name);
    verbose = [];
    summarised = [];
  };
  for (const line of lines) {
    const summary: string | undefined =
      SUMMARY.exec(line)?.[1] ?? (inColumn ? RESULT.exec(line)?.[1] : undefined);
    inColumn = RESULTS.test(line) || (inColumn && summary !== undefined);
    const name = findNamedIn(line);
    const repeatedName = SUMMARISED.exec(line)?.[1];
    if (name !== undefined) verbose.push(name);
    else if (repeatedName !== undefined) summarised.push(repeatedName);
    if (STARTED.test(line)) {
      if (running) failed += 1;
      running = true;
    } else if (summary !== undefined) {
      const counts = tally(summary);
      passed += counts.passed;
      failed += counts.failed;
      running = false;
      endSession();
    } else if (ABORTED.test(line)) failed += 1;
    else continue;
    isRecognized = true;
  }
  // A session without a summary was ended by the code under test, for example by os._exit(0).
  if (running) failed += 1;
  endSession();
  return isRecognized ? { passed, failed, names } : undefined;
}

/**
 * pytest 3 and newer. Errors (collection, fixtures) are failures. xpassed tests passed. Skipped, deselected and
 * xfailed tests count as neither. With `-qq` pytest prints no counts, so this finds none.
 */
export const pytest: TestOutputParser = { runner: 'pytest', parse };
