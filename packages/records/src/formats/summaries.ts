import type { Setting } from '@cooperbench/core';

export type VerdictStatus = 'passed' | 'failed' | 'error';

/** Counts of verdicts. Rates are between 0 and 1, or null when there is nothing to count. */
export interface VerdictCounts {
  readonly total_runs: number;
  readonly passed: number;
  readonly failed: number;
  readonly errors: number;
  /** Verdicts among these that were stored by an earlier evaluation and kept. */
  readonly skipped: number;
  readonly pass_rate: number | null;
  readonly overall_passed: number;
  readonly overall_rate: number | null;
  readonly merged_cleanly: number;
  readonly individual_rate: number | null;
  /** Verdicts other than errors, by whether all features have a reference. */
  readonly with_reference: number;
  readonly without_reference: number;
  /** Trials that were lost in an attempt, whether or not another attempt has a verdict. */
  readonly voids: number;
  /** As `pass_rate`, with every such trial as a failure. */
  readonly pass_rate_with_voids: number | null;
}

/** eval_summary.json. The rates are null when the run has several settings. `by_setting` has the rates of each. */
export interface EvaluationSummary extends VerdictCounts {
  readonly run_name: string;
  readonly evaluated_at: string;
  /** USD that evaluators spent on models, also for verdicts that were replaced. It is no part of a run's `total_cost`. */
  readonly cost: number;
  /** It is false if the price of a call is not known, and the call counts as 0. */
  readonly cost_known: boolean;
  /** The merge policy of the verdicts. It is null if they are under several, or their files name none. */
  readonly merge_policy: string | null;
  /** `judged`: `single` when every trial of the setting is judged so. `seats`: how many a trial has at most. */
  readonly by_setting: Readonly<
    Record<string, VerdictCounts & Pick<Setting, 'judged'> & { readonly seats: number }>
  >;
  readonly results: readonly { readonly run: string; readonly status: VerdictStatus }[];
}

export interface SettingSummary {
  readonly total_tasks: number;
  readonly completed: number;
  readonly failed: number;
  /** USD that was spent. */
  readonly total_cost: number;
  /** The part that no result has: attempts that ran again, were replaced by `--force`, interrupted or killed. */
  readonly discarded_cost: number;
  /** It is false if the price of a call is not known, and the call counts as 0. */
  readonly cost_known: boolean;
  readonly messages_sent: number;
  readonly pass_rate: number | null;
  /** Trials that were lost in an attempt, whether or not another attempt has a verdict. */
  readonly voids: number;
  /** As `pass_rate`, with every such trial as a failure. */
  readonly pass_rate_with_voids: number | null;
}

/** summary.json: every trial on disk, not only those of the last command. */
export interface RunSummary {
  readonly run_name: string;
  readonly completed_at: string;
  /** Also null when the run has several settings. `by_setting` has the rate of each. */
  readonly pass_rate: number | null;
  /** Trials that were lost in an attempt, whether or not another attempt has a verdict. */
  readonly voids: number;
  /** As `pass_rate`, with every such trial as a failure. */
  readonly pass_rate_with_voids: number | null;
  readonly total_tasks: number;
  readonly completed: number;
  /** Trials that kept an earlier result. */
  readonly skipped: number;
  /** Trials lost to infrastructure. */
  readonly failed: number;
  /** USD that agents spent under this name. `eval.cost` is what evaluators did. */
  readonly total_cost: number;
  /** The part that no result has: attempts that ran again, were replaced by `--force`, interrupted or killed. */
  readonly discarded_cost: number;
  /** It is false if the price of a call is not known, and the call counts as 0. */
  readonly cost_known: boolean;
  /** Sum of the trials' own durations. */
  readonly total_time_seconds: number;
  readonly by_setting: Readonly<Record<string, SettingSummary>>;
  readonly results: readonly {
    readonly task: string;
    readonly status: string;
    readonly cost: number;
    /** It is false if the price of one of the trial's calls is not known, and the call counts as 0. */
    readonly cost_known: boolean;
    readonly eval: VerdictStatus | null;
  }[];
  readonly eval: EvaluationSummary | null;
}
