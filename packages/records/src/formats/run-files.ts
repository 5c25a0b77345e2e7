import type { NetworkPolicy } from '@cooperbench/core';

/** Where a dataset was downloaded from. Its files may have changed since: `datasetRevision` identifies what they are now. */
export interface DatasetSource {
  readonly dataset: string;
  /** The commit that was downloaded. */
  readonly revision: string;
  /** `incomplete`: the download did not finish. */
  readonly state: string;
}

/** The configuration that a run's options came from. */
export interface RunOrigin {
  /** Highest precedence first; paths relative to the working directory of the command. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  readonly profile?: string | undefined;
  readonly experiment?: string | undefined;
}

/** The file config.json: the options that identify a run, by setting, and where they came from. It contains no secrets. */
export interface ConfigFile {
  readonly schema_version: 1;
  readonly run_name: string;
  readonly created_at: string;
  /** By setting: the options that must stay the same for results to be counted together. */
  readonly settings: Readonly<
    Record<
      string,
      {
        readonly hash: string;
        readonly identity: Readonly<Record<string, unknown>>;
        /** Who ran in each seat. A null `model`: the agent uses none. */
        readonly seats?: Readonly<Record<string, { readonly agent: string; readonly model: string | null }>>;
        /** The text of the agent configuration file. Secrets are masked. It is absent if there was none. */
        readonly agent_config?: string;
        /** The same, by seat, for seats that have a file of their own. */
        readonly seat_agent_configs?: Readonly<Record<string, string>>;
      }
    >
  >;
  readonly backend: string;
  /** Why this backend. If it is absent, the user named it. */
  readonly backend_reason?: string;
  /** Who judges the run, unless the user names another evaluator. If it is absent, an older release wrote the file. */
  readonly evaluator?: string;
  /** The policy under which the run is evaluated, unless the user names another. */
  readonly merge_policy: string;
  /**
   * The network of tests that the user chose, and further hosts that `registries` reaches. It is null if each task's own
   * applies.
   */
  readonly eval_network?: NetworkPolicy | null;
  readonly registries?: readonly string[];
  readonly concurrency: number;
  /** The options of the last command, by name. Secrets are masked. */
  readonly options: {
    readonly settings: Readonly<Record<string, unknown>>;
    readonly channels: Readonly<Record<string, unknown>>;
    readonly backends: Readonly<Record<string, unknown>>;
    readonly buses: Readonly<Record<string, unknown>>;
    readonly agents: Readonly<Record<string, unknown>>;
    /** If it is absent, an older release wrote the file. */
    readonly evaluators?: Readonly<Record<string, unknown>>;
  };
  /** If it is absent, the run used no configuration file. */
  readonly origin?: RunOrigin;
  readonly dataset: {
    readonly directory: string;
    readonly revision: string;
    /** If it is absent, `cooperbench prepare` did not download the dataset. */
    readonly source?: DatasetSource;
  };
  readonly versions: Readonly<Record<string, string>>;
}
