import type { Reporter, ReporterName } from '@cooperbench/command/reporters';
import type { PluginOptions } from '@cooperbench/command/settings';
import type { ModelPrice, NetworkPolicy, Plugin } from '@cooperbench/core';
import type { RunEvent } from '@cooperbench/records';
import type { Container, RunOptions as CoreRunOptions } from '@cooperbench/runs';

/**
 * Options of `run` and `evaluate`. Settings have the names and the values that they have in configuration files: a duration is
 * a text such as `30m`, and a path is relative to the working directory. An unknown name and a value that a file could not
 * have are refused (`OPTION_INVALID`).
 */
interface CommonOptions {
  /** Subset of the dataset: the file `subsets/NAME.json` in it. */
  readonly subset?: string | undefined;
  /** Only tasks of this repository. */
  readonly repo?: string | undefined;
  /** Only the task with this id. */
  readonly task?: number | undefined;
  /** Only this group of two or more features. */
  readonly features?: readonly number[] | undefined;
  /** Where sandboxes run. Default of `run`: `modal`. Default of `evaluate`: the backend that the run recorded. */
  readonly backend?: string | undefined;
  /** Sandboxes that evaluate at the same time. Default: 10. */
  readonly evalConcurrency?: number | undefined;
  /** Evaluator that judges patches. Default: `tests`. */
  readonly evaluator?: string | undefined;
  /** What happens to patches that conflict: `union`, `strict`, `lead`, or a plugin's policy. Default: `union`. */
  readonly mergePolicy?: string | undefined;
  /**
   * Network of tests: `open` (the internet), `registries` (package registries through a proxy) or `none`. Default: the one that
   * the run recorded, or each task's own.
   */
  readonly evalNetwork?: NetworkPolicy | undefined;
  /** Calls each task's runner once on its base, and lets all test runs begin with what that built. Default: true. */
  readonly warm?: boolean | undefined;
  /** Hosts that the network `registries` reaches besides those that CooperBench knows. */
  readonly registries?: readonly string[] | undefined;
  /** Directory of the dataset. Default: `dataset`. */
  readonly datasetDir?: string | undefined;
  /** Directory of all runs. Default: `logs`. */
  readonly logDir?: string | undefined;
  /** Pattern of the image names of tasks, with `{repo}` and `{task}`. */
  readonly imagePattern?: string | undefined;
  /** Allows a backend that isolates nothing to run a model's commands. Default: false. */
  readonly unisolated?: boolean | undefined;
  /** Options of backends, by name. */
  readonly backendOptions?: PluginOptions | undefined;
  /** Options of evaluators, by name. */
  readonly evaluatorOptions?: PluginOptions | undefined;

  /** Repeats trials, or evaluations, that have a result. Default: false. */
  readonly force?: boolean | undefined;
  /** Cancels the work, which then rejects with the signal's reason after it cleaned up. */
  readonly signal?: AbortSignal | undefined;
  /** Gets every event. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Shows progress: a reporter of your own, or the name of one that prints to standard output. Default: `silent`. */
  readonly reporter?: ReporterName | Reporter | undefined;
  /** Plugins in addition to those of this package. A plugin replaces one of the same name. */
  readonly plugins?: readonly Plugin[] | undefined;
  /** A container of `createContainer` with services of your own. It has the plugins, so `plugins` must be absent. */
  readonly container?: Container | undefined;

  /** Another name of `task`, from the Python original. */
  readonly taskId?: number | undefined;
  /** Another name of `logDir`, from the Python original. */
  readonly logsDir?: string | undefined;
}

/** Options of `run`. */
export interface RunOptions extends CommonOptions {
  /** Run name. Default: a name made from the settings. */
  readonly name?: string | undefined;
  /** How many times every pair runs. With more than one, agents get a seed for each. Default: 1. */
  readonly repeat?: number | undefined;
  /** Model, as LiteLLM names it. Default: `vertex_ai/gemini-3-flash-preview`. */
  readonly model?: string | undefined;
  /** Agent framework. Default: `mini_swe_agent`. */
  readonly agent?: string | undefined;
  /** Trials that run at the same time. Default: 20. */
  readonly concurrency?: number | undefined;
  /** Who works on what: `coop`, `solo`, or a plugin's setting. Default: `coop`. */
  readonly setting?: string | undefined;
  /** URL of the Redis server that carries messages. */
  readonly redis?: string | undefined;
  /** Message bus: `memory`, `redis`, or a plugin's. Default: `redis` with the option `redis`, otherwise `memory`. */
  readonly bus?: string | undefined;
  /** Channels that agents share, and no others: `messages`, `git`, or a plugin's. Default: those of the setting. */
  readonly channels?: readonly string[] | undefined;
  /** Lets agents share git branches. Default: false. */
  readonly git?: boolean | undefined;
  /** Lets agents exchange messages. Default: true. */
  readonly messaging?: boolean | undefined;
  /** Lets the agents of a trial begin together, when all are ready. Their times count from there. Default: true. */
  readonly barrier?: boolean | undefined;
  /** Evaluates after the run. Default: true. */
  readonly autoEval?: boolean | undefined;
  /** Network of agents: `open`, `registries` or `none`. Default: each task's own, which is `open` when it names none. */
  readonly network?: NetworkPolicy | undefined;
  /** Configuration file that the agent reads. */
  readonly agentConfig?: string | undefined;
  /** Endpoint that speaks the model provider's protocol. Its key comes from the variable `COOPERBENCH_API_KEY`. */
  readonly baseUrl?: string | undefined;
  /** What models cost, in US dollars per million tokens, by the names that the run and its seats use. */
  readonly prices?: Readonly<Record<string, ModelPrice>> | undefined;
  /** US dollars that a seat may spend. Default: 3 if the model's price is known, otherwise no limit. */
  readonly maxCost?: number | undefined;
  /** Steps that a seat may take. Default: 100. */
  readonly maxSteps?: number | undefined;
  /** Time that a seat may take, for example `45s`, `30m` or `1h30m`. Default: `1h`. */
  readonly timeout?: string | undefined;
  /** US dollars that the run may spend. No new trial starts once they are spent. */
  readonly budget?: number | undefined;
  /** Options of agents, by name. */
  readonly agentOptions?: PluginOptions | undefined;
  /** Options of settings, by name. */
  readonly settingOptions?: PluginOptions | undefined;
  /** Options of channels, by name. */
  readonly channelOptions?: PluginOptions | undefined;
  /** Faults of channels on purpose, by name, such as `{ messages: { drop: 0.2, delay: 5, duplicate: 0.1, silent: 'agent2' } }`. */
  readonly channelFaults?: PluginOptions | undefined;
  /** Options of message buses, by name. */
  readonly busOptions?: PluginOptions | undefined;
  /** Settings of single seats, by seat: `{ agent2: { agent, model, backend, baseUrl, agentConfig } }`. */
  readonly seats?: CoreRunOptions['seats'];

  /** US dollars that other runs have spent of the same budget. */
  readonly spentUsd?: CoreRunOptions['spentUsd'];
  /** From `loadConfig`: the configuration files, for config.json. */
  readonly origin?: CoreRunOptions['origin'];
  /** From `loadConfig`: what files of the project chose. Agents use it to protect your keys. */
  readonly chosenByProject?: CoreRunOptions['chosenByProject'];

  /** Another name of `name`, from the Python original. */
  readonly runName?: string | undefined;
  /** Another name of `model`, from the Python original. */
  readonly modelName?: string | undefined;
  /** Another name of `redis`, from the Python original. */
  readonly redisUrl?: string | undefined;
  /** Another name of `git`, from the Python original. */
  readonly gitEnabled?: boolean | undefined;
  /** Another name of `messaging`, from the Python original. */
  readonly messagingEnabled?: boolean | undefined;
}

/** Options of `evaluate`, without the name of the run. */
export interface EvaluateSettings extends CommonOptions {
  /** From `loadConfig`: the backend when neither `backend` nor the run's config.json names one. */
  readonly defaultBackend?: string | undefined;
  /** Another name of `evalConcurrency`, from the Python original. */
  readonly concurrency?: number | undefined;
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
