/** One task of a dataset: a codebase and the features that can be asked for on it. */
export interface Task {
  /** Folder name with its `_task` suffix, as the original uses it. */
  readonly repo: string;
  readonly taskId: number;
  /** Absolute path on the host. */
  readonly directory: string;
  /** Feature ids, ascending. */
  readonly features: readonly number[];
  readonly image: string;
  /** Paths (or folders ending in `/`) no agent's patch may change. */
  readonly protectedPaths: readonly string[];
  /** Seconds one run of the tests may take. */
  readonly timeoutSeconds: number;
  /** Globs that say what is a test file, replacing the built-in rule. */
  readonly testPatterns?: readonly string[] | undefined;
}

/** A task and the features whose owners work together: what one trial is about. */
export interface FeatureSet {
  readonly task: Task;
  /** Ascending; two or more. */
  readonly features: readonly number[];
}
