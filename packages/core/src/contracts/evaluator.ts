import type { Cancellable } from './cancellable.ts';
import type { Evaluation } from './evaluation.ts';
import type { FileSource, Job, JobResult, KeptJob } from './jobs.ts';
import type { MergePolicy } from './merge-policy.ts';
import type { MetricDefinitions } from './metric.ts';
import type { Reference } from './reference.ts';
import type { FeatureOfTask, FeatureSet, Task } from './task.ts';
import type { EvaluationModel, TrialRecords } from './trial-records.ts';

/** A seat's patch. */
export interface SubmittedPatch {
  /** `agent1`, `agent2`, … or `solo`. */
  readonly seat: string;
  /** Features on which the patch is tested alone. It is empty if it is only tested merged. */
  readonly features: readonly number[];
  /** It is empty if the seat has none. Untrusted input. Core gives a source; bytes are for programs that have them. */
  readonly patch: Uint8Array | FileSource;
}

/** One trial's patches, read from its files. */
export interface Submission {
  /** `<setting>/<repo>/<task_id>/f1_f2`, with `@2` for the pair's second repetition. */
  readonly id: string;
  readonly task: Task;
  readonly setting: string;
  /**
   * `merge`: the patches are merged, then tested, and each seat's patch is also tested alone. `single`: one patch contains
   * all features.
   */
  readonly judged: 'merge' | 'single';
  readonly features: readonly number[];
  /** One for each seat that hands in a patch, in merge order. */
  readonly patches: readonly SubmittedPatch[];
  /** References by feature. A feature may have none. If it is absent, no feature has one. */
  readonly references?: ReadonlyMap<number, Reference> | undefined;
  /**
   * `individual` of a verdict on the same inputs under another merge policy. An evaluator may repeat it instead of testing the
   * seats' patches alone again. It is absent if there is no such verdict.
   */
  readonly individual?: NonNullable<Evaluation['individual']> | undefined;
  /** A model wrote the patches. */
  readonly untrusted: boolean;
  /** Why infrastructure lost a seat. Core itself gives such a submission a verdict with `error`; evaluators never see it. */
  readonly lost?: string | undefined;
}

/** What an evaluator may use: sandboxes, records of trials, a model, the merge policy. */
export interface EvaluationContext extends Cancellable {
  /**
   * Runs jobs on the run's backend, as many at once as the user allows, and yields one result for each, in any order.
   * Rejects only when the signal aborts. Create jobs lazily: the inputs of a whole run may not fit in memory.
   */
  runJobs(jobs: Iterable<Job> | AsyncIterable<Job>): AsyncIterable<JobResult>;
  /**
   * Runs jobs of which no agent has a part, as many at once as `runJobs`, and keeps the files of their sandboxes for jobs
   * whose spec has the key as `kept`. Does not run a job whose key is kept already. Yields the keys that are kept. If it is
   * absent, the backend keeps nothing, or the user does not want it.
   */
  keepSandboxes?(jobs: Iterable<KeptJob>): AsyncIterable<string>;
  readonly policy: { readonly name: string } & MergePolicy;
  /** Returns what the trial of a submission left behind: conversation, events, trajectories, costs, texts of its tasks. */
  records(submission: Submission): TrialRecords;
  /**
   * Opens a model that the evaluator can ask. What it costs is the evaluation's own sum, and the user's budget covers it.
   * Opens each model once. @throws ConfigError `LEDGER`.
   */
  useModel(model: string): Promise<EvaluationModel>;
  /** For sandbox labels. */
  readonly runName: string;
}

/** The results of a feature's tests with its golden patch. */
export interface GoldenRun {
  readonly target: FeatureOfTask;
  readonly outcome: GoldenReference | GoldenFailure;
}

/** The tests that another patch of the feature must run, too. */
export interface GoldenReference {
  readonly reference: Reference & { readonly runner: string };
  /** Names that not every run had. They are not in the reference. */
  readonly unstable: readonly string[];
  /** Names of tests that the golden patch itself defines. They are not in the reference. */
  readonly ofPatch: readonly string[];
  /** Names of hidden tests that pass without the feature, too. It is absent if none is known. */
  readonly passWithout?: readonly string[];
}

/** A golden patch that gives no reference. */
export interface GoldenFailure {
  /** Why the golden patch gives no reference. */
  readonly failed: string;
  /** Infrastructure failed the run, so it says nothing about the task. */
  readonly isInfrastructure: boolean;
}

/** How the golden patches of a group merge. */
export type GoldenMerge = { readonly group: FeatureSet } & (
  | {
      /** `resolved`: by the policy. `fallback`: they do not merge, and the policy tests the first patch alone. */
      readonly merge: 'clean' | 'resolved' | 'fallback' | 'unresolved';
      /** Whether each patch applies to the base commit. */
      readonly applied: readonly boolean[];
      /** Paths in which they conflict. */
      readonly conflicts: readonly string[];
    }
  | { readonly error: string }
);

/** The evaluation of one submission. */
export interface Verdict {
  readonly submission: Submission;
  readonly evaluation: Evaluation;
}

/**
 * Evaluates submissions. Yields one verdict for each, in any order. An infrastructure failure is a verdict with `error`.
 * For a submission that gets no verdict, core records one with `error`.
 */
export interface Evaluator extends Partial<AsyncDisposable> {
  /** The metrics that `Evaluation.metrics` may have. Defaults to none. */
  readonly metrics?: MetricDefinitions;
  evaluate(submissions: readonly Submission[], context: EvaluationContext): AsyncIterable<Verdict>;
  /**
   * Makes and keeps the sandboxes that evaluations of these tasks start from, so that no evaluation waits for them. Absent
   * means evaluations start from the tasks' images.
   */
  prepare?(
    tasks: readonly Task[],
    context: Pick<EvaluationContext, 'keepSandboxes' | 'runName' | 'signal'>,
  ): Promise<void>;
  /**
   * Tests golden patches for `cooperbench dataset validate`, which writes references. Yields a run for each feature, in any
   * order. If it is absent, the evaluator compares with no references.
   */
  runGolden?(
    features: readonly FeatureOfTask[],
    context: Pick<EvaluationContext, 'runJobs' | 'signal'>,
  ): AsyncIterable<GoldenRun>;
  /**
   * Merges golden patches for `cooperbench dataset validate --merges`, in the order of the features of each group. Yields a
   * merge for each group, in any order. If it is absent, the evaluator merges nothing.
   */
  mergeGolden?(
    groups: readonly FeatureSet[],
    context: Pick<EvaluationContext, 'runJobs' | 'policy' | 'signal'>,
  ): AsyncIterable<GoldenMerge>;
  /**
   * What decides, besides a submission and the merge policy, how the evaluator judges: its rules, its programs, and those of
   * its options that matter. Core evaluates again what was judged under another fingerprint. Absent means the plugin's name
   * and version, and all options.
   */
  fingerprint?(): string | Promise<string>;
  /**
   * Checks the evaluator once before the run starts. Changes nothing. Resolves with notices for the user.
   * @throws ConfigError when it cannot be used.
   */
  preflight?(request: Cancellable): Promise<readonly string[]>;
}
