import type { RunEvent } from '../contracts/events.ts';
import type { RunOrigin } from '../records/run-files.ts';

/** What `run` takes. Absent: the default of `runDefaults`, or none. Names are the Python original's in camelCase, then ours. */
export interface RunOptions {
  readonly runName?: string | undefined;
  readonly subset?: string | undefined;
  readonly repo?: string | undefined;
  readonly taskId?: number | undefined;
  readonly features?: readonly number[] | undefined;
  readonly modelName?: string | undefined;
  readonly agent?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly force?: boolean | undefined;
  readonly redisUrl?: string | undefined;
  readonly setting?: string | undefined;
  readonly gitEnabled?: boolean | undefined;
  readonly messagingEnabled?: boolean | undefined;
  /** What seats share: exactly these. Absent: what the setting opens, changed by `gitEnabled` and `messagingEnabled`. */
  readonly channels?: readonly string[] | undefined;
  readonly autoEval?: boolean | undefined;
  readonly evalConcurrency?: number | undefined;
  readonly backend?: string | undefined;
  readonly agentConfig?: string | undefined;
  readonly datasetDir?: string | undefined;
  readonly logsDir?: string | undefined;
  /** Another agent or model for a seat, by seat id. */
  readonly seats?:
    | Readonly<
        Record<
          string,
          {
            readonly agent?: string | undefined;
            readonly model?: string | undefined;
            readonly backend?: string | undefined;
          }
        >
      >
    | undefined;
  readonly bus?: string | undefined;
  readonly baseUrl?: string | undefined;
  /** USD a seat. Absent: 3 where the model's price is known, none where it is not. */
  readonly maxCostUsd?: number | undefined;
  /** Steps a seat. */
  readonly maxSteps?: number | undefined;
  /** A seat's wall clock. */
  readonly timeoutMs?: number | undefined;
  /** USD for the whole run: no new trial starts past it. */
  readonly budgetUsd?: number | undefined;
  readonly evaluator?: string | undefined;
  readonly mergePolicy?: string | undefined;
  /** Allow a backend that isolates nothing to run a model's commands. */
  readonly unisolated?: boolean | undefined;
  /** Options of each setting, channel, backend, agent, bus or evaluator, by name. */
  readonly settingOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly channelOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly backendOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly agentOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly busOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly evaluatorOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly imagePattern?: string | undefined;
  /** Which configuration these options came from, for the record. Identifies nothing. */
  readonly origin?: RunOrigin | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

/** What `evaluate` takes. */
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
    | 'unisolated'
    | 'backendOptions'
    | 'evaluatorOptions'
    | 'imagePattern'
    | 'signal'
    | 'onEvent'
  > {
  readonly runName: string;
  readonly concurrency?: number | undefined;
  /** Where neither `backend` nor the run's own record names one. */
  readonly defaultBackend?: string | undefined;
}

/** Defaults of the CLI and the library alike. */
export const runDefaults = {
  modelName: 'vertex_ai/gemini-3-flash-preview',
  agent: 'mini_swe_agent',
  concurrency: 20,
  setting: 'coop',
  backend: 'modal',
  evalConcurrency: 10,
  datasetDir: 'dataset',
  logsDir: 'logs',
  bus: 'memory',
  maxCostUsd: 3,
  maxSteps: 100,
  timeoutMs: 3_600_000,
  evaluator: 'tests',
  mergePolicy: 'union',
} as const;
