import type { ReporterName, RunReporter } from '@cooperbench/command/reporters';
import type { PluginOptions } from '@cooperbench/command/settings';
import type { Plugin } from '@cooperbench/core';
import type {
  Container,
  EvaluateOptions as CoreEvaluateOptions,
  RunOptions as CoreRunOptions,
} from '@cooperbench/runs';

/**
 * Options of `run` and `evaluate`: those of `@cooperbench/runs`, and what this package adds or names in another way. Settings
 * have the names and the values that they have in configuration files: a duration is a text such as `30m`, and a path is
 * relative to the working directory. An unknown name and a value that a file could not have are refused (`OPTION_INVALID`).
 */
interface CommonOptions {
  /** Only the task with this id. */
  readonly task?: number | undefined;
  /** Directory of all runs. Default: `logs`. */
  readonly logDir?: string | undefined;
  /** US dollars that the run may spend, with its evaluation. No new trial starts once they are spent. */
  readonly budget?: number | undefined;
  /** Options of backends, by name. */
  readonly backendOptions?: PluginOptions | undefined;
  /** Options of evaluators, by name. */
  readonly evaluatorOptions?: PluginOptions | undefined;

  /** Shows progress: a reporter of your own, or the name of one that prints to standard output. Default: `silent`. */
  readonly reporter?: ReporterName | RunReporter | undefined;
  /** Plugins in addition to those of this package. A plugin replaces one of the same name. */
  readonly plugins?: readonly Plugin[] | undefined;
  /** A container of `createContainer` with services of your own. It has the plugins, so `plugins` must be absent. */
  readonly container?: Container | undefined;
}

/** Options of `run`. */
export interface RunOptions
  extends CommonOptions,
    Omit<
      CoreRunOptions,
      | keyof CommonOptions
      | `${string}Options`
      | 'channelFaults'
      | 'maxCostUsd'
      | 'timeoutMs'
      | 'budgetUsd'
      | 'trustDataset'
      | 'backendReason'
    > {
  /** Run name. Default: a name made from the settings. */
  readonly name?: string | undefined;
  /** Model, as LiteLLM names it. Default: `vertex_ai/gemini-3-flash-preview`. */
  readonly model?: string | undefined;
  /** URL of the Redis server that carries messages. */
  readonly redis?: string | undefined;
  /** Lets agents share git branches. Default: false. */
  readonly git?: boolean | undefined;
  /** Lets agents exchange messages. Default: true. */
  readonly messaging?: boolean | undefined;
  /** US dollars that a seat may spend. Default: 3 if the model's price is known, otherwise no limit. */
  readonly maxCost?: number | undefined;
  /** Time that a seat may take, for example `45s`, `30m` or `1h30m`. Default: `1h`. */
  readonly timeout?: string | undefined;
  /** Options of agents, by name. */
  readonly agentOptions?: PluginOptions | undefined;
  /** Options of settings, by name. */
  readonly settingOptions?: PluginOptions | undefined;
  /** Options of channels, by name. */
  readonly channelOptions?: PluginOptions | undefined;
  /** Faults of channels on purpose, by name, such as `{ messages: { drop: 0.2, delay: '5s', duplicate: 0.1, silent: 'agent2' } }`. */
  readonly channelFaults?: PluginOptions | undefined;
  /** Options of message buses, by name. */
  readonly busOptions?: PluginOptions | undefined;

  /** Another name of `redis`, from the Python original. */
  readonly redisUrl?: string | undefined;
}

/** Options of `evaluate`, without the name of the run. */
export interface EvaluateSettings
  extends CommonOptions,
    Omit<
      CoreEvaluateOptions,
      keyof CommonOptions | `${string}Options` | 'budgetUsd' | 'trustDataset' | 'runName'
    > {
  /** Maximum number of sandboxes that evaluate at the same time. Default: 10. */
  readonly evalConcurrency?: number | undefined;
}

/** Options of `evaluate`. */
export type EvaluateOptions = EvaluateSettings &
  (
    | {
        /** Name of the run. */
        readonly name: string;
        readonly runName?: undefined;
      }
    | {
        /** Another name of `name`, from the Python original. */
        readonly runName: string;
        readonly name?: undefined;
      }
  );
