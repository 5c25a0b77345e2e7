import { cargoTest } from './cargo-test.ts';
import { goTest } from './go-test.ts';
import { jest } from './jest.ts';
import { toLines } from './lines.ts';
import { mocha } from './mocha.ts';
import { nodeTest } from './node-test.ts';
import { pytest } from './pytest.ts';
import { tap } from './tap.ts';
import { add, type Counts, type TestOutputParser } from './test-output-parser.ts';
import { unittest } from './unittest.ts';
import { vitest } from './vitest.ts';

/** Which tests of one feature ran, and how many passed and failed. */
export interface TestCounts extends Counts {
  /** The recognised runner. Several are joined by ` + `. */
  readonly runner: string;
}

/** Part of the fingerprint of the evaluator `tests`. Raise it when a parser counts or names the tests of an output in another way. */
export const parsersVersion = 2;

const PARSERS: readonly TestOutputParser[] = [
  pytest,
  unittest,
  goTest,
  cargoTest,
  jest,
  vitest,
  nodeTest,
  mocha,
  tap,
];

/**
 * Counts the tests that passed and failed, from the combined stdout and stderr of a runner script. Sums all runs, of one runner
 * or of several. Returns undefined when it recognises no runner's summary. Takes time linear in the output's length and never
 * throws.
 */
export function countTests(output: string): TestCounts | undefined {
  const lines = toLines(output);
  const results = PARSERS.flatMap((parser) => {
    const counts = parser.parse(lines);
    return counts === undefined ? [] : [{ runner: parser.runner, ...counts }];
  });
  if (results.length === 0) return undefined;
  // A script may call two runners, and its exit code may be that of the last one. Summing finds a failure in either.
  // Counting a run twice does not hide a failure. Leaving one out would.
  return results.reduce((sum, next) => ({
    runner: `${sum.runner} + ${next.runner}`,
    ...add(sum, next),
  }));
}
