/** Which tests ran, and how many passed and failed. Skipped and to-do tests and expected failures count as neither. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /**
   * The tests that ran, as far as the runner prints their names, without durations and positions. A name occurs as often
   * as it ran. Suites may be among them.
   */
  readonly names: readonly string[];
}

/** Returns the sum of two runs, or of two runners. */
export function add(left: Counts, right: Counts): Counts {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    names: [...left.names, ...right.names],
  };
}

/** Parses the output of one test runner. */
export interface TestOutputParser {
  readonly runner: string;
  /**
   * Sums every invocation of this runner found in `lines` (made by `toLines`: no blank lines, no colour codes). Returns
   * undefined if this runner reported nothing. Zeros: it reports that it ran nothing. A run that ended before its tests
   * reported (a build or collection error, a missing summary) is at least one failure. Takes linear time and never throws,
   * whatever the lines contain.
   */
  parse(lines: readonly string[]): Counts | undefined;
}
