import type { Agent } from './agent.ts';
import type { Backend } from './backend.ts';
import type { MessageBus } from './bus.ts';
import type { Channel } from './channel.ts';
import type { Evaluator } from './evaluator.ts';
import type { JsonSchema } from './json-schema.ts';
import type { MergePolicy } from './merge-policy.ts';
import type { SandboxNetwork } from './network.ts';
import type { Reporter } from './reporter.ts';
import type { Layer } from './sandbox-spec.ts';
import type { Setting } from './setting.ts';

/**
 * Makes what other definitions provide, for a plugin that wraps it. Without options, it has those that the user gave for the name.
 * The wrapper owns what it makes, and disposes of it with itself. @throws the errors of an unknown name or of options that are not
 * valid; PluginError `PLUGIN_CYCLE` for a definition that wraps itself.
 *
 * @example
 * create: async ({ inner }: Options, host: PluginHost) => delegating(await host.backend(inner), { … });
 */
export interface PluginHost {
  backend(name: string, options?: unknown): Promise<Backend>;
  bus(name: string, options?: unknown): Promise<MessageBus>;
  channel(name: string, options?: unknown): Promise<Channel>;
  evaluator(name: string, options?: unknown): Promise<Evaluator>;
}

/** Creates one thing that a plugin provides. Import SDKs inside `create`, so that the command line starts fast. */
export interface Definition<T> {
  /** Schema of the options, for example from `objectSchema`. If it is absent, core does not check them. */
  readonly options?: JsonSchema | undefined;
  /** Declares the type that its schema describes: `create(options: Options, host: PluginHost)`. Core has checked them. */
  create(options?: unknown, host?: PluginHost): T | Promise<T>;
}

/** What core must know of an agent before it makes it. */
export interface AgentTraits {
  /** The name's short form in generated run names. Defaults to the initials of its words. */
  readonly short?: string;
  /** Returns whether the agent, with this model, runs anything that a model wrote. Defaults to true for every model. */
  readonly untrusted?: (model: string) => boolean;
  /** Whether the agent uses a model. Defaults to true. */
  readonly usesModel?: boolean;
  /** The agent reads golden patches. Core respects this for its own agents only; no other agent gets them. */
  readonly readsDataset?: true;
  /** Environment variables that may hold API keys of the agent's models. CooperBench reports which are set. */
  readonly keys?: readonly string[];
  /**
   * Software that the agent, with these options, needs in its sandbox. A seat whose sandbox lacks it fails before the agent
   * starts.
   */
  layers?(options: unknown): readonly Layer[];
}

/** An agent in a plugin: its options, how to make it, and what core must know before it does. */
export type AgentDefinition = Definition<Agent> & AgentTraits;

/** A channel in a plugin: its options, how to make it, and what its seats exchange. */
export type ChannelDefinition = Definition<Channel> & {
  /** The channel opens mailboxes, so a run needs a message bus. */
  readonly usesBus?: boolean;
  /** Seats exchange messages over the channel: `--no-messaging` closes it, and results have `messaging_enabled`. */
  readonly carriesMessages?: boolean;
  /** Seats exchange commits over the channel: `--no-git` closes it, and results have `git_enabled`. */
  readonly sharesCommits?: boolean;
};

/** Core creates the setting while it plans a run, so `create` is synchronous. */
export type SettingDefinition = Omit<Definition<Setting>, 'create'> & {
  create(options?: unknown): Setting;
};

/**
 * The types of plugins' options, by `KIND/NAME`, for `defineConfig`. Each plugin adds its own:
 *
 * @example
 * declare module '@cooperbench/core' {
 *   interface PluginOptionTypes {
 *     'backends/slurm': Options;
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: plugins add its members
export interface PluginOptionTypes {}

/** Everything that a plugin provides, by the names that users type. Two plugins must not provide the same name. */
export interface Plugin {
  /** The npm package's name. */
  readonly name: string;
  /** Recorded in results and verdicts. Absent means the version of its package, or a hash of its file. */
  readonly version?: string | undefined;
  readonly apiVersion: 1;
  readonly agents?: Readonly<Record<string, AgentDefinition>>;
  readonly backends?: Readonly<Record<string, Definition<Backend>>>;
  readonly settings?: Readonly<Record<string, SettingDefinition>>;
  readonly channels?: Readonly<Record<string, ChannelDefinition>>;
  readonly buses?: Readonly<Record<string, Definition<MessageBus>>>;
  readonly evaluators?: Readonly<Record<string, Definition<Evaluator>>>;
  readonly mergePolicies?: Readonly<Record<string, Definition<MergePolicy>>>;
  readonly reporters?: Readonly<Record<string, Definition<Reporter>>>;
  /** Core uses the one with the name `registries`. */
  readonly networks?: Readonly<Record<string, Definition<SandboxNetwork>>>;
}

/** The function that oclif calls as the hook `cooperbench:plugin`. A configuration file loads the same function. */
export type PluginHook = () => Plugin;
