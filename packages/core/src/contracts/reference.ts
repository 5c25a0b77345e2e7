/** The tests that pass with a feature's golden patch. A test run with another patch must run them, too. */
export interface Reference {
  /** How many tests passed. */
  readonly count: number;
  /**
   * Their names. A test that ran twice occurs twice. It is null if the runner does not print all names, so runs are compared
   * by count.
   */
  readonly tests: readonly string[] | null;
}
