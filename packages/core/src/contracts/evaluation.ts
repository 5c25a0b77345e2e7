import type { MetricValue } from './metric.ts';

/** A test that failed. Its texts come from the code under test: escape them. */
export interface FailingTest {
  /** As its runner names it, at most 300 characters. It is empty if the run ended before its tests. */
  readonly name: string;
  /** What it expected and found, or its exception: one line of at most 300 characters. It is empty if the runner printed none. */
  readonly message: string;
  /** `FILE:LINE` of its stack trace, innermost first, at most 8, without those of the runner and of libraries. */
  readonly places: readonly string[];
}

/** The result of one run of hidden tests. */
export interface TestResult {
  /** Null when the tests ran but their output has no known runner's summary. 0 when the tests did not run. */
  readonly testsPassed: number | null;
  readonly testsFailed: number | null;
  /** Null when the tests did not run, because there was nothing to test. */
  readonly exitCode: number | null;
  readonly testOutput: string;
  /** The tests exceeded the task's time limit. */
  readonly timedOut?: true;
  /** The exit code is 0, but the output has no known runner's summary. Counts as failed. */
  readonly unrecognised?: true;
  /** The tests that the feature's golden patch passes, with which the run was compared. It is null or absent if there are none. */
  readonly reference?: ComparedReference | null | undefined;
  /** The tests printed more than 64 MiB, and were ended. Counts as failed. */
  readonly outputLimit?: true;
  /** The signal that ended the runner before its time limit, such as `SIGKILL`. It did so in a second sandbox, too. */
  readonly killed?: string;
  /**
   * The canary: tests that must fail, run on the same tree after its tests had passed. `failed`: they failed, as they must.
   * `passed`: the code under test made them pass, or left them out. `inconclusive`: their run ended otherwise. `unavailable`:
   * no canary fits the tests, or it does not fail with the golden patch either, or there is none. Only `passed` has a
   * consequence. It is absent if tests of the tree failed, because the canary was not run.
   */
  readonly canary?: 'failed' | 'passed' | 'inconclusive' | 'unavailable';
  /** The canary passed. Counts as failed. */
  readonly frameworkPatched?: true;
  /** Tests of the reference that did not run. If there are any, the run counts as failed. */
  readonly missingTests?: readonly string[] | undefined;
  /** At most 20 tests that failed, in the runner's order. It is absent if none failed or the runner's output is not recognised. */
  readonly failingTests?: readonly FailingTest[] | undefined;
}

/** The reference that a test run was compared with. `count`: tests that it has. */
export interface ComparedReference {
  readonly count: number;
  /** True if the tests were compared by name, false if only their numbers were. */
  readonly byName: boolean;
}

/** A feature's tests on the merged tree, or on the one patch that holds all features. */
export interface FeatureResult extends TestResult {
  readonly featureId: number;
  readonly passed: boolean;
}

/** The result of a seat's own patch on the seat's own features. With several features, counts are summed and all must pass. */
export interface IndividualResult {
  /** The first feature. */
  readonly featureId: number;
  /** It is absent for a seat with one feature. */
  readonly features?: readonly number[];
  readonly success: boolean;
  readonly testsPassed: number | null;
  readonly testsFailed: number | null;
  readonly exitCode: number | null;
  readonly error: string | null;
  readonly testOutput: string;
  /** It is null if one of the features has no reference. */
  readonly reference?: ComparedReference | null | undefined;
  readonly missingTests?: readonly string[] | undefined;
  readonly failingTests?: readonly FailingTest[] | undefined;
  readonly timedOut?: true;
  readonly killed?: string;
  readonly canary?: TestResult['canary'];
  readonly frameworkPatched?: true;
}

/**
 * The control of a verdict without a test, or on a run that the machine may have failed: the runner with the golden patch of a
 * feature, in a sandbox that no agent has reached.
 */
export interface ControlResult {
  readonly featureId: number;
  /**
   * `usable`: tests ran there, so what was submitted is at fault. `unusable`: none did, or infrastructure failed the control,
   * so there is no verdict. `unavailable`: there is no golden patch, or it does not apply.
   */
  readonly status: 'usable' | 'unusable' | 'unavailable';
  /** The last line that the runner printed there, up to 200 characters. */
  readonly lastLine: string;
}

/** How the patches merged. `strategy`: null when nothing merged them. `conflicts`: paths. */
export interface MergeResult {
  readonly status: 'clean' | 'conflicts' | 'missing_input' | 'error';
  readonly strategy: string | null;
  readonly policy: string;
  /** The tested diff against base, as text. Bytes that are not UTF-8 are replaced here, and only here. */
  readonly diff: string;
  readonly conflicts: readonly string[];
}

/** A file that evaluation dropped from a patch. `rule`: why, as eval.json names it. */
export interface DroppedFile {
  readonly seat: string;
  readonly path: string;
  readonly rule: string;
}

/** An evaluator's result, before it becomes eval.json. */
export interface Evaluation {
  readonly applyStatus: Readonly<Record<string, 'applied' | 'skipped' | 'failed'>>;
  readonly merge: MergeResult | null;
  readonly featuresResults: Readonly<Record<string, FeatureResult>>;
  readonly individual: Readonly<Record<string, IndividualResult>> | null;
  readonly merged: {
    readonly success: boolean;
    readonly testsPassed: number | null;
    readonly testsFailed: number | null;
    readonly mergeConflict: boolean;
    readonly error: string | null;
  } | null;
  readonly dropped: readonly DroppedFile[];
  readonly bothPassed: boolean;
  readonly overallSuccess: boolean;
  /** Why infrastructure prevented the evaluation. It is null if the verdict is valid. */
  readonly error: string | null;
  /**
   * `TASK_UNUSABLE`: the task's tests do not run, whatever is submitted. `MACHINE_UNSOUND`: the machine ran out of something.
   * It is absent if `error` is null or has no code.
   */
  readonly errorCode?: string | undefined;
  /** The key of the kept sandbox that the tests began with. It is null or absent if they began with the task's image. */
  readonly warmLayer?: string | null | undefined;
  /** Values of the metrics that the evaluator declares. A metric that it did not measure is missing. */
  readonly metrics?: Readonly<Record<string, MetricValue>> | undefined;
  /** It is absent if there was no doubt whether the machine or the task is at fault. */
  readonly control?: ControlResult | undefined;
}

/** Returns the verdict on a submission that could not be evaluated because infrastructure failed. */
export function failedEvaluation(error: string): Evaluation {
  return {
    applyStatus: {},
    merge: null,
    featuresResults: {},
    individual: null,
    merged: null,
    dropped: [],
    bothPassed: false,
    overallSuccess: false,
    error,
  };
}

/** Says why there is no merged tree. */
export function explainUnmerged(status: MergeResult['status'], conflicts: readonly string[]): string {
  return status === 'missing_input' ? 'a patch does not apply' : `merge conflict in ${conflicts.join(', ')}`;
}
