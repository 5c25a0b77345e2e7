import type { RunSummary } from '@cooperbench/records';
import type { ExperimentRun } from './experiments.ts';

/** A seat of a run. Contains no secrets. */
export interface SeatOfRun {
  readonly seat: string;
  readonly agent: string;
  readonly model: string | null;
  readonly backend: string;
  /** The base URL without a password. Defaults to the provider's. */
  readonly base_url?: string;
  /** Path of the agent configuration file. It is absent if there is none. */
  readonly agent_config?: string;
}

/** The result of one run of an experiment. */
export interface RunResult {
  readonly name: string;
  readonly varied: ExperimentRun['varied'];
  /** The seats of every trial. `model` is null for an agent that uses no model. */
  readonly seats: readonly SeatOfRun[];
  readonly log_dir?: string;
  /** If it is absent, the run could not start. */
  readonly summary?: RunSummary;
  /** The runs in which one of its agents works alone, each compared on the pairs that have a verdict in both. */
  readonly baselines: readonly {
    readonly run: string;
    readonly model: string | null;
    readonly pairs: number;
    readonly passed: number;
    readonly passed_by_baseline: number;
    /** It is null if the baseline passes none of these pairs. */
    readonly deficit: number | null;
  }[];
  /** Why the run did not start, or stopped early. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly exit_code: number;
}

/** The result of an experiment. */
export interface ExperimentResult {
  /** USD that was spent on its runs, by this command and earlier ones. */
  readonly total_cost: number;
  /** It is false if the price of a call is not known, and the call counts as 0. */
  readonly cost_known: boolean;
  readonly runs: readonly RunResult[];
}
