import type { DatasetSource } from '../dataset/source.ts';
import type { EvaluationSummary, VerdictStatus } from './evaluation-file.ts';

/** What identifies a run within a setting, and where it came from. No secret. */
export interface ConfigFile {
  readonly schema_version: 1;
  readonly run_name: string;
  readonly created_at: string;
  /** By setting: what must stay the same for results to be counted together. */
  readonly settings: Readonly<
    Record<string, { readonly hash: string; readonly identity: Readonly<Record<string, unknown>> }>
  >;
  readonly backend: string;
  readonly concurrency: number;
  readonly dataset: {
    readonly directory: string;
    readonly revision: string;
    /** Absent: not downloaded by `cooperbench prepare`. */
    readonly source?: DatasetSource;
  };
  readonly versions: Readonly<Record<string, string>>;
}

export interface SettingSummary {
  readonly total_tasks: number;
  readonly completed: number;
  readonly failed: number;
  readonly total_cost: number;
  readonly pass_rate: number | null;
}

/** summary.json: every trial on disk, not only those of the last command. */
export interface RunSummary {
  readonly run_name: string;
  readonly completed_at: string;
  readonly pass_rate: number | null;
  readonly total_tasks: number;
  readonly completed: number;
  /** Trials that had a result before and were left as they were. */
  readonly skipped: number;
  /** Trials lost to infrastructure. */
  readonly failed: number;
  readonly total_cost: number;
  /** Sum of the trials' own durations. */
  readonly total_time_seconds: number;
  readonly by_setting: Readonly<Record<string, SettingSummary>>;
  readonly results: readonly {
    readonly task: string;
    readonly status: string;
    readonly cost: number;
    readonly eval: VerdictStatus | null;
  }[];
  readonly eval: EvaluationSummary | null;
}
