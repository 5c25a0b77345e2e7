import { numberOf } from './lines.ts';
import type { Counts, TestOutputParser } from './test-output-parser.ts';

const STARTED = /^(?:=+ test session starts =+|Test session starts \(.*\))$/;
const ITEM = '\\d{1,9} [a-z]+(?: [a-z]+)?';
const DURATION = '\\d[\\d.]* ?s(?:econds)?(?: \\([^()]*\\))?';
const SUMMARY = new RegExp(`^(?:=+ )?((?:${ITEM}, )*${ITEM}|no tests ran) in ${DURATION}(?: =+)?$`);
// pytest-pretty and pytest-sugar print this above a column of counts instead.
const RESULTS = /^Results \([\d.]+ ?\w*\):$/;
const RESULT = /^ +(\d{1,9} [a-z]+|no tests ran)$/;
// Each of these ends a session early; pytest.exit() may even do so with exit code 0.
const ABORTED =
  /^(?:!+ (?:KeyboardInterrupt|(?:_pytest\.outcomes\.)?Exit: .*) !+$|ImportError while loading conftest |ERROR: (?:usage: |(?:file or directory )?not found: )|INTERNALERROR> Traceback )/;

function tally(summary: string): Counts {
  return {
    passed: numberOf('passed', summary) + numberOf('xpassed', summary),
    failed: numberOf('failed', summary) + numberOf('error', summary) + numberOf('errors', summary),
  };
}

function parse(lines: readonly string[]): Counts | undefined {
  let seen = false;
  let running = false;
  let inColumn = false;
  let passed = 0;
  let failed = 0;
  for (const line of lines) {
    const summary: string | undefined =
      SUMMARY.exec(line)?.[1] ?? (inColumn ? RESULT.exec(line)?.[1] : undefined);
    inColumn = RESULTS.test(line) || (inColumn && summary !== undefined);
    if (STARTED.test(line)) {
      if (running) failed += 1;
      running = true;
    } else if (summary !== undefined) {
      const counts = tally(summary);
      passed += counts.passed;
      failed += counts.failed;
      running = false;
    } else if (ABORTED.test(line)) failed += 1;
    else continue;
    seen = true;
  }
  // The code under test ended a session that has no summary, by os._exit(0) for example.
  if (running) failed += 1;
  return seen ? { passed, failed } : undefined;
}

/**
 * pytest 3 and newer. Errors (collection, fixtures) are failures. xpassed tests passed. Skipped, deselected and
 * xfailed tests count as neither. With `-qq` pytest prints no counts, so this finds none.
 */
export const pytest: TestOutputParser = { runner: 'pytest', parse };
