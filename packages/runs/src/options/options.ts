import type { ChosenByProject, ModelPrice, NetworkPolicy } from '@cooperbench/core';
import type { RunEvent, RunOrigin } from '@cooperbench/records';

/**
 * Options of a run. Absent means the default in `runDefaults`, or none. The Python original's options come first, in
 * camelCase.
 */
export interface RunOptions {
  /** Run name. Default: a name made from the settings. */
  readonly runName?: string | undefined;
  /** Subset of the dataset: the file `subsets/NAME.json` in it. */
  readonly subset?: string | undefined;
  /** Only tasks of this repository. */
  readonly repo?: string | undefined;
  /** Only the task with this id. */
  readonly taskId?: number | undefined;
  /** Only this group of two or more features. */
  readonly features?: readonly number[] | undefined;
  /** How many times every pair runs. With more than one, agents get a seed for each. Default: 1. */
  readonly repeat?: number | undefined;
  /** Model, as LiteLLM names it. Default: `vertex_ai/gemini-3-flash-preview`. */
  readonly modelName?: string | undefined;
  /** Agent framework. Default: `mini_swe_agent`. */
  readonly agent?: string | undefined;
  /** Trials that run at the same time. Default: 20. */
  readonly concurrency?: number | undefined;
  /** Repeats trials, or evaluations, that have a result. Default: false. */
  readonly force?: boolean | undefined;
  /** Who works on what: `coop`, `solo`, or a plugin's setting. Default: `coop`. */
  readonly setting?: string | undefined;
  /** Lets agents share git branches. Default: false. */
  readonly gitEnabled?: boolean | undefined;
  /** Lets agents exchange messages. Default: true. */
  readonly messagingEnabled?: boolean | undefined;
  /**
   * Channels that agents share, and no others: `messages`, `git`, or a plugin's. Default: those of the
   * setting, changed by `gitEnabled` and `messagingEnabled`.
   */
  readonly channels?: readonly string[] | undefined;
  /** Evaluates after the run. Default: true. */
  readonly autoEval?: boolean | undefined;
  /** Maximum number of sandboxes that evaluate at the same time. Default: 10. */
  readonly evalConcurrency?: number | undefined;
  /** Where sandboxes run. Default of `run`: the first that is ready. Default of `evaluate`: the backend that the run recorded. */
  readonly backend?: string | undefined;
  /** Why this backend, if nobody named it. For config.json. */
  readonly backendReason?: string | undefined;
  /** Configuration file that the agent reads. */
  readonly agentConfig?: string | undefined;
  /** Directory of the dataset. Default: `dataset`. */
  readonly datasetDir?: string | undefined;
  /** Directory of all runs. Default: `logs`. */
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
  /** Message bus: `memory`, `redis`, or a plugin's. Default: `redis` with the option `redis`, otherwise `memory`. */
  readonly bus?: string | undefined;
  /** Endpoint that speaks the model provider's protocol. Its key comes from the variable `COOPERBENCH_API_KEY`. */
  readonly baseUrl?: string | undefined;
  /** What models cost, in US dollars per million tokens, by the names that the run and its seats use. */
  readonly prices?: Readonly<Record<string, ModelPrice>> | undefined;
  /**
   * Which options the project's files chose. `seats` lists the seats whose own base URL comes from a configuration file. If it
   * is absent, the user chose every base URL and set every variable.
   */
  readonly chosenByProject?:
    | (Omit<ChosenByProject, 'keyBelongsToOtherUrl'> & { readonly seats?: readonly string[] | undefined })
    | undefined;
  /** USD per seat. If it is absent, 3 if the model's price is known, otherwise no limit. */
  readonly maxCostUsd?: number | undefined;
  /** Steps per seat. */
  readonly maxSteps?: number | undefined;
  /** Wall-clock time per seat. */
  readonly timeoutMs?: number | undefined;
  /** Lets the agents of a trial begin together, when all are ready. Their times count from there. Default: true. */
  readonly barrier?: boolean | undefined;
  /** USD for the whole run. No new trial starts once it is spent. */
  readonly budgetUsd?: number | undefined;
  /** USD that other runs have spent of the budget, when several runs share it. */
  readonly spentUsd?: number | undefined;
  /** Evaluator that judges patches. Default: `tests`. */
  readonly evaluator?: string | undefined;
  /** What happens to patches that conflict: `union`, `strict`, `lead`, or a plugin's policy. Default: `union`. */
  readonly mergePolicy?: string | undefined;
  /** Calls each task's runner once on its base, and lets all test runs begin with what that built. Default: true. */
  readonly warm?: boolean | undefined;
  /** Network of agents: `open`, `registries` or `none`. Default: each task's own, which is `open` when it names none. */
  readonly network?: NetworkPolicy | undefined;
  /**
   * Network of tests: `open` (the internet), `registries` (package registries through a proxy) or `none`. Default: the one that
   * the run recorded, or each task's own.
   */
  readonly evalNetwork?: NetworkPolicy | undefined;
  /** Hosts that the network `registries` reaches besides those that CooperBench knows. `*.` at the beginning matches any host below. */
  readonly registries?: readonly string[] | undefined;
  /** Allows a backend that isolates nothing to run a model's commands. Default: false. */
  readonly unisolated?: boolean | undefined;
  /**
   * Called before a backend without isolation runs scripts of the dataset in this folder. Rejects when they may not run. If it
   * is absent, they may.
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
  /** Pattern of the image names of tasks, with `{repo}` and `{task}`. */
  readonly imagePattern?: string | undefined;
  /** The configuration that these options came from, for config.json. It is not part of the run's identity. */
  readonly origin?: RunOrigin | undefined;
  /** Cancels the work, which then rejects with the signal's reason after it cleaned up. */
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
    | 'budgetUsd'
    | 'spentUsd'
    | 'prices'
    | 'chosenByProject'
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
