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

/** eval.json. */
export interface EvaluationFile extends Evaluation {
  readonly schema_version: 1;
  readonly repo: string;
  readonly task_id: number;
  readonly features: readonly number[];
  readonly setting: string;
  readonly feature1: FeatureResult | null;
  readonly feature2: FeatureResult | null;
  readonly evaluated_at: string;
  readonly inputs_hash: string;
  /** Who judged, and what it was told, without secrets. */
  readonly evaluator: { readonly name: string; readonly options: unknown };
  readonly backend: string;
  readonly versions: Readonly<Record<string, string>>;
}

export type VerdictStatus = 'passed' | 'failed' | 'error';

export function statusOf(file: Pick<EvaluationFile, 'error' | 'both_passed'>): VerdictStatus {
  return file.error ? 'error' : file.both_passed ? 'passed' : 'failed';
}

/** Counts of verdicts. Rates are fractions of 1, or null when there is nothing to divide by. */
export interface VerdictCounts {
  readonly total_runs: number;
  readonly passed: number;
  readonly failed: number;
  readonly errors: number;
  /** Of these, how many stored verdicts were kept as they were. */
  readonly skipped: number;
  readonly pass_rate: number | null;
  readonly overall_passed: number;
  readonly overall_rate: number | null;
  readonly merged_cleanly: number;
  readonly individual_rate: number | null;
}

/** eval_summary.json. */
export interface EvaluationSummary extends VerdictCounts {
  readonly run_name: string;
  readonly evaluated_at: string;
  readonly by_setting: Readonly<Record<string, VerdictCounts>>;
  readonly results: readonly { readonly run: string; readonly status: VerdictStatus }[];
}
