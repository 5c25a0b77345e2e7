import type { Static, TSchema } from 'typebox';
import type { Agent } from './agent.ts';
import type { Backend } from './backend.ts';
import type { MessageBus } from './bus.ts';
import type { Channel } from './channel.ts';
import type { Evaluator } from './evaluator.ts';
import type { MergePolicy } from './merge-policy.ts';
import type { Layer } from './sandbox-spec.ts';
import type { Setting } from './setting.ts';

/** Creates one thing that a plugin brings. Core checks the user's options against `options` first. */
export interface Definition<T> {
  /** JSON schema of the options. Absent: core does not check them. */
  readonly options?: TSchema | undefined;
  create(options?: unknown): T | Promise<T>;
}

/** How a typed plugin author writes a definition. Import SDKs inside `create`, so that the CLI starts fast. */
export interface TypedDefinition<T, S extends TSchema> {
  readonly options?: S;
  create(options: Static<S>): T | Promise<T>;
}

export interface AgentTraits {
  /** The name's short form in generated run names. Absent: the initials of its words. */
  readonly short?: string;
  /** False when, with this model, it runs nothing a model wrote. Absent: it does. */
  readonly untrusted?: (model: string) => boolean;
  /** False: it uses no model. Absent: it does. */
  readonly usesModel?: boolean;
  /** It reads golden patches. Core honours this for its own agents only; no other agent gets a path of the dataset. */
  readonly readsDataset?: true;
  /** Environment variables that may hold the keys of its models, so that a user can be told which are set. */
  readonly keys?: readonly string[];
  /** Software that it needs in its sandbox. A sandbox without it is refused before the agent starts. */
  readonly layers?: readonly Layer[];
}

export type AgentDefinition = Definition<Agent> & AgentTraits;

export type ChannelDefinition = Definition<Channel> & {
  /** It opens mailboxes, so that a run needs a message bus. */
  readonly usesBus?: boolean;
};

/** A setting is made while a run is planned, so `create` is synchronous. */
export type SettingDefinition = Omit<Definition<Setting>, 'create'> & {
  create(options?: unknown): Setting;
};

/** What a plugin brings. Names are what users type; two plugins must not claim one name. */
export interface Plugin {
  /** The npm package's name. */
  readonly name: string;
  /** Recorded in results and verdicts. Absent: that of its package, or of its file's content. */
  readonly version?: string | undefined;
  readonly apiVersion: 1;
  readonly agents?: Readonly<Record<string, AgentDefinition>>;
  readonly backends?: Readonly<Record<string, Definition<Backend>>>;
  readonly settings?: Readonly<Record<string, SettingDefinition>>;
  readonly channels?: Readonly<Record<string, ChannelDefinition>>;
  readonly buses?: Readonly<Record<string, Definition<MessageBus>>>;
  readonly evaluators?: Readonly<Record<string, Definition<Evaluator>>>;
  readonly mergePolicies?: Readonly<Record<string, Definition<MergePolicy>>>;
}

/** What oclif calls as the hook `cooperbench:plugin`; the same function loads from a config file. */
export type PluginHook = (() => Plugin) & { readonly plugin: Plugin };
