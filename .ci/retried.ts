import type { Reporter, TestCase } from 'vitest/node';

/** Names each test that passed only on the second attempt, and says why the first failed. Such a race fails nothing. */
export default class Retried implements Reporter {
  readonly #lines: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (!test.diagnostic()?.flaky) return;
    const why = test
      .result()
      .errors?.map(({ message }) => message)
      .join('\n');
    this.#lines.push(
      `Passed on the second attempt: ${test.module.relativeModuleId} > ${test.fullName}\n${why}`,
    );
  }

  onTestRunEnd(): void {
    for (const line of this.#lines) console.log(line);
  }
}
