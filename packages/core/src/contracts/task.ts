import type { NetworkPolicy } from './network.ts';

/** One task of a dataset: a codebase and the features that agents implement in it. */
export interface Task {
  /** Folder name with its `_task` suffix, as in the original. */
  readonly repo: string;
  readonly taskId: number;
  /** Absolute path on the host. */
  readonly directory: string;
  /** Feature ids, ascending. */
  readonly features: readonly number[];
  readonly image: string;
  /** Files, or folders ending in `/`, that no agent's patch may change. */
  readonly protectedPaths: readonly string[];
  /** Time limit of one run of the tests. */
  readonly timeoutSeconds: number;
  /** Globs that match test files. They replace the built-in rule. */
  readonly testPatterns?: readonly string[] | undefined;
  /** Names of hidden tests that may pass without their feature. If it is absent, any may. */
  readonly regressionTests?: readonly string[] | undefined;
  /** The network of agents and of tests, unless the user chooses another. Defaults to `open`. */
  readonly network?: NetworkPolicy | undefined;
  /** What its sandboxes need. Defaults to what the backend gives. */
  readonly cpus?: number | undefined;
  readonly memoryMiB?: number | undefined;
}

/** A task and the features that one trial implements. */
export interface FeatureSet {
  readonly task: Task;
  /** Ascending; two or more. */
  readonly features: readonly number[];
}

/** A feature with its task. */
export interface FeatureOfTask {
  readonly task: Task;
  readonly feature: number;
}
