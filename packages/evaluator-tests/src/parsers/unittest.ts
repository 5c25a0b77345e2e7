import type { Counts, TestOutputParser } from './test-output-parser.ts';

const RAN = /^Ran (\d{1,9}) tests? in [\d.]+s$/;
const VERDICT = /^(OK|FAILED|NO TESTS RAN)(?: \(([a-z =\d,]*)\))?$/;
// One character for each test. With -v, one line for each test.
const PROGRESS = /^[.FEsxu]+$/;
const VERBOSE_OK = /^\S+ \(.*\) \.\.\. ok$/;
// With -v: `test_a (tests.T.test_a) ... ok`, and without the last `.test_a` before Python 3.11. A documented test has its
// name on one line and the first line of its documentation on the next.
// Only from the beginning of a word, so that a long one is read once.
const NAME = /(?<!\w)(\w+) \(([\w.]+)\)$/;
const LONGEST_NAME = 500;
const ENDING = / \.\.\. (?!skipped|expected failure)/;
const FAILURES = ['failures', 'errors', 'unexpected successes'];

function countPasses(line: string): number {
  return PROGRESS.test(line) ? line.split('.').length - 1 : VERBOSE_OK.test(line) ? 1 : 0;
}

/** Returns the name that `text` ends with. The output of a test, without a line end, may come before it. */
function nameIn(text: string): string | undefined {
  const [, method = '', path = ''] = NAME.exec(text.slice(-LONGEST_NAME)) ?? [];
  if (method === '') return undefined;
  const last = path.slice(path.lastIndexOf('.') + 1);
  return method.endsWith(last) ? path : `${path}.${method}`;
}

function tally(
  ranCount: number,
  seenToPass: number,
  verdict: string,
  details: string,
): Pick<Counts, 'passed' | 'failed'> {
  let otherCount = 0;
  let failed = 0;
  for (const detail of details.split(', ')) {
    const [name = '', value = '0'] = detail.split('=');
    otherCount += Number(value) || 0;
    if (FAILURES.includes(name)) failed += Number(value) || 0;
  }
  // One test can fail in many subtests, and a skipped class does not count as "run". So the difference can be too
  // small, but never too large. The same is true of the number of passes that were printed.
  const passed = Math.max(0, ranCount - otherCount, Math.min(ranCount, seenToPass));
  return { passed, failed: verdict === 'FAILED' ? Math.max(1, failed) : failed };
}

function parse(lines: readonly string[]): Counts | undefined {
  let isRecognized = false;
  let ranCount: number | undefined;
  let passed = 0;
  let failed = 0;
  let seenToPass = 0;
  const names: string[] = [];
  let documented: string | undefined;
  for (const line of lines) {
    const ending = ENDING.exec(line);
    const name = ending ? (nameIn(line.slice(0, ending.index)) ?? documented) : undefined;
    if (name !== undefined) names.push(name);
    documented = /^\w+ \([\w.]+\)$/.test(line) ? nameIn(line) : undefined;
    seenToPass += countPasses(line);
    const started = RAN.exec(line)?.[1];
    if (started !== undefined) {
      if (ranCount !== undefined) failed += 1;
      isRecognized = true;
      ranCount = Number(started);
    }
    const verdict = ranCount === undefined ? null : VERDICT.exec(line);
    if (ranCount === undefined || verdict === null) continue;
    const counts = tally(ranCount, seenToPass, verdict[1] ?? '', verdict[2] ?? '');
    passed += counts.passed;
    failed += counts.failed;
    ranCount = undefined;
    seenToPass = 0;
  }
  if (ranCount !== undefined) failed += 1;
  return isRecognized ? { passed, failed, names } : undefined;
}

/**
 * Python's unittest, and runners that print like it (Django, nose). Errors and unexpected successes are
 * failures. Skipped tests and expected failures count as neither. unittest does not print how many tests passed:
 * `passed` is a lower bound where subtests or whole classes failed or were skipped.
 */
export const unittest: TestOutputParser = { runner: 'unittest', parse };
