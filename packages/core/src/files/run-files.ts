import type { DatasetSource } from '../dataset/source.ts';
import type { EvaluationSummary, VerdictStatus } from './evaluation-file.ts';

/** The configuration that a run's options came from. */
export interface RunOrigin {
  /** Highest precedence first; paths relative to the working directory of the command. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  readonly profile?: string | undefined;
  readonly experiment?: string | undefined;
}

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
  /** By name, what the backends, the bus and the agents of the last command were told. Secrets are masked. */
  readonly options: {
    readonly backends: Readonly<Record<string, unknown>>;
    readonly buses: Readonly<Record<string, unknown>>;
    readonly agents: Readonly<Record<string, unknown>>;
  };
  /** Absent: no configuration file. */
  readonly origin?: RunOrigin;
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
