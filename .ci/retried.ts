import type { Reporter, TestCase } from 'vitest/node';

/** Names each test that passed only when it was tried again, so that a race is seen although it fails nothing. */
export default class Retried implements Reporter {
  readonly #names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#names.push(`${test.module.relativeModuleId} > ${test.fullName}`);
  }

  onTestRunEnd(): void {
    for (const name of this.#names) console.log(`Passed on the second attempt: ${name}`);
  }
}
