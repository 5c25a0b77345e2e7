/** One run of hidden tests. Counts are null when no runner's summary was recognised; infrastructure aside, `error` is null. */
export interface TestResult {
  readonly tests_passed: number | null;
  readonly tests_failed: number | null;
  /** Null: the tests were not run, because there was nothing to test. */
  readonly exit_code: number | null;
  readonly test_output: string;
  /** The tests ran past the task's limit. */
  readonly timed_out?: true;
  /** Exit 0 but no known runner's summary: counted as failed. */
  readonly unrecognised?: true;
}

export interface FeatureResult extends TestResult {
  readonly feature_id: number;
  readonly passed: boolean;
}

export interface SuccessResult {
  readonly success: boolean;
  readonly tests_passed: number | null;
  readonly tests_failed: number | null;
  readonly exit_code: number | null;
  readonly error: string | null;
  readonly test_output: string;
}

export interface MergeResult {
  readonly status: 'clean' | 'conflicts' | 'missing_input' | 'error';
  readonly strategy: string | null;
  readonly policy: string;
  /** The tested diff against base, as text (bytes that are not UTF-8 replaced; the branch's own bytes were tested). */
  readonly diff: string;
  readonly conflicts: readonly string[];
}

export interface DroppedFile {
  readonly seat: string;
  readonly path: string;
  readonly rule: string;
}

/** What an evaluator found, before it becomes eval.json. */
export interface Evaluation {
  readonly apply_status: Readonly<Record<string, 'applied' | 'skipped' | 'failed'>>;
  readonly merge: MergeResult | null;
  readonly policies: Readonly<Record<string, boolean>>;
  readonly features_results: Readonly<Record<string, FeatureResult>>;
  readonly individual: Readonly<Record<string, SuccessResult & { readonly feature_id: number }>> | null;
  readonly merged: {
    readonly success: boolean;
    readonly tests_passed: number | null;
    readonly tests_failed: number | null;
    readonly merge_conflict: boolean;
    readonly error: string | null;
  } | null;
  readonly dropped: readonly DroppedFile[];
  readonly both_passed: boolean;
  readonly overall_success: boolean;
  /** Infrastructure only. Null: the verdict stands. */
  readonly error: string | null;
}
