import type { ChosenByProject, ModelPrice, NetworkPolicy } from '@cooperbench/core';
import type { RunEvent, RunOrigin } from '@cooperbench/records';

/** Options of a run. Absent: the default in `runDefaults`, or none. The Python original's options come first, in camelCase. */
export interface RunOptions {
  readonly runName?: string | undefined;
  readonly subset?: string | undefined;
  readonly repo?: string | undefined;
  readonly taskId?: number | undefined;
  readonly features?: readonly number[] | undefined;
  /** How many times every pair runs: from 1 to 1000. */
  readonly repeat?: number | undefined;
  readonly modelName?: string | undefined;
  readonly agent?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly force?: boolean | undefined;
  readonly setting?: string | undefined;
  readonly gitEnabled?: boolean | undefined;
  readonly messagingEnabled?: boolean | undefined;
  /** Exactly these channels are open. Absent: the setting's own, changed by `gitEnabled` and `messagingEnabled`. */
  readonly channels?: readonly string[] | undefined;
  readonly autoEval?: boolean | undefined;
  readonly evalConcurrency?: number | undefined;
  readonly backend?: string | undefined;
  readonly agentConfig?: string | undefined;
  readonly datasetDir?: string | undefined;
  readonly logsDir?: string | undefined;
  /** Options of single seats, by seat id. */
  readonly seats?:
    | Readonly<
        Record<
          string,
          {
            readonly agent?: string | undefined;
            readonly model?: string | undefined;
            readonly backend?: string | undefined;
            readonly baseUrl?: string | undefined;
            readonly agentConfig?: string | undefined;
          }
        >
      >
    | undefined;
  readonly bus?: string | undefined;
  readonly baseUrl?: string | undefined;
  /** Prices of models, by the names that the run and its seats use. Absent: the published price. */
  readonly prices?: Readonly<Record<string, ModelPrice>> | undefined;
  /**
   * Which options the project's files chose. `seats` lists the seats whose own base URL comes from a configuration file.
   * Absent: the user chose every base URL and set every variable.
   */
  readonly chosenByProject?:
    | (Omit<ChosenByProject, 'keyBelongsToOtherUrl'> & { readonly seats?: readonly string[] | undefined })
    | undefined;
  /** USD per seat. Absent: 3 if the model's price is known, otherwise no limit. */
  readonly maxCostUsd?: number | undefined;
  /** Steps per seat. */
  readonly maxSteps?: number | undefined;
  /** Wall-clock time per seat. */
  readonly timeoutMs?: number | undefined;
  /** The agents of a trial begin together, when all are ready. Times count from there. Absent: they do. */
  readonly barrier?: boolean | undefined;
  /** USD for the whole run. No new trial starts once it is spent. */
  readonly budgetUsd?: number | undefined;
  /** USD that other runs have spent of the budget, when several runs share it. */
  readonly spentUsd?: number | undefined;
  readonly evaluator?: string | undefined;
  readonly mergePolicy?: string | undefined;
  /** Keeps what a task's runner builds once, for all test runs. Absent: true. */
  readonly warm?: boolean | undefined;
  /** The network of agents. Absent: each task's own. */
  readonly network?: NetworkPolicy | undefined;
  /** The network of tests. Absent: the one that the run recorded, or each task's own. */
  readonly evalNetwork?: NetworkPolicy | undefined;
  /** Hosts that `registries` reaches besides those that core knows. `*.` at the beginning matches any host below. */
  readonly registries?: readonly string[] | undefined;
  /** Allows a backend without isolation to run a model's commands. */
  readonly unisolated?: boolean | undefined;
  /**
   * Called before a backend without isolation runs scripts of the dataset in this folder. Rejects when they may not run.
   * Absent: they may.
   */
  readonly trustDataset?: ((folder: string) => Promise<void>) | undefined;
  /** Options of each setting, channel, backend, agent, bus or evaluator, by name. */
  readonly settingOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly channelOptions?: Readonly<Record<string, unknown>> | undefined;
  /** Faults of channels on purpose, by name. */
  readonly channelFaults?: Readonly<Record<string, unknown>> | undefined;
  readonly backendOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly agentOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly busOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly evaluatorOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly imagePattern?: string | undefined;
  /** The configuration that these options came from, for config.json. It is not part of the run's identity. */
  readonly origin?: RunOrigin | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Receives every event. One that throws, or whose promise rejects, gets no more events; the run goes on and warns about it. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

/** Options of `evaluate`. */
export interface EvaluateOptions
  extends Pick<
    RunOptions,
    | 'subset'
    | 'repo'
    | 'taskId'
    | 'features'
    | 'force'
    | 'backend'
    | 'datasetDir'
    | 'logsDir'
    | 'evaluator'
    | 'mergePolicy'
    | 'warm'
    | 'evalNetwork'
    | 'registries'
    | 'unisolated'
    | 'trustDataset'
    | 'backendOptions'
    | 'evaluatorOptions'
    | 'imagePattern'
    | 'signal'
    | 'onEvent'
  > {
  readonly runName: string;
  readonly concurrency?: number | undefined;
  /** The backend when neither `backend` nor the run's config.json names one. */
  readonly defaultBackend?: string | undefined;
}

/** Options of operations on the tasks of a dataset, such as building their images. */
export interface DatasetOptions
  extends Pick<
    RunOptions,
    | 'subset'
    | 'repo'
    | 'taskId'
    | 'force'
    | 'evalNetwork'
    | 'registries'
    | 'trustDataset'
    | 'backendOptions'
    | 'datasetDir'
    | 'imagePattern'
    | 'signal'
    | 'onEvent'
  > {
  readonly backend: string;
  /** Maximum number of builds or sandboxes at the same time. */
  readonly concurrency: number;
}

/** The numbers that an option may be. */
export interface OptionRange {
  readonly minimum: number;
  readonly maximum: number;
  readonly whole?: true;
}

type RangedOption =
  | ('taskId' | 'repeat' | 'concurrency' | 'evalConcurrency')
  | ('maxSteps' | 'maxCostUsd' | 'budgetUsd' | 'spentUsd' | 'timeoutMs');

const dollars: OptionRange = { minimum: 0, maximum: 1e9 };

/** The numbers that options of the CLI, of the library and of configuration files may be. */
export const optionRanges: { readonly [K in RangedOption]: OptionRange } = {
  taskId: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, whole: true },
  repeat: { minimum: 1, maximum: 1000, whole: true },
  concurrency: { minimum: 1, maximum: 1000, whole: true },
  evalConcurrency: { minimum: 1, maximum: 1000, whole: true },
  maxSteps: { minimum: 1, maximum: 1e9, whole: true },
  maxCostUsd: dollars,
  budgetUsd: dollars,
  spentUsd: dollars,
  // A timer of Node.js cannot wait longer.
  timeoutMs: { minimum: 1, maximum: 2 ** 31 - 1 },
};

/** The networks that `network` and `evalNetwork` choose from. */
export const networkPolicies: readonly NetworkPolicy[] = ['open', 'registries', 'none'];

/** Defaults of the CLI and of the library. */
export const runDefaults = {
  modelName: 'vertex_ai/gemini-3-flash-preview',
  repeat: 1,
  concurrency: 20,
  setting: 'coop',
  evalConcurrency: 10,
  datasetDir: 'dataset',
  logsDir: 'logs',
  bus: 'memory',
  maxCostUsd: 3,
  maxSteps: 100,
  timeoutMs: 3_600_000,
  barrier: true,
  evaluator: 'tests',
  mergePolicy: 'union',
  warm: true,
} as const;
