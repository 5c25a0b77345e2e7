/// <reference types="@cooperbench/agent-swe-agent" preserve="true" />
/// <reference types="@cooperbench/backend-docker" preserve="true" />
/// <reference types="@cooperbench/backend-local" preserve="true" />
/// <reference types="@cooperbench/backend-modal/options" preserve="true" />
/// <reference types="@cooperbench/bus-redis" preserve="true" />
import type { PluginOptionTypes } from '@cooperbench/core';

/** By the key of a configuration file. The references above are for the plugins that come with this package. */
interface Kinds {
  readonly agentOptions: 'agents';
  readonly backendOptions: 'backends';
  readonly busOptions: 'buses';
  readonly channelOptions: 'channels';
  readonly evaluatorOptions: 'evaluators';
  readonly reporterOptions: 'reporters';
  readonly settingOptions: 'settings';
}

/** Options by the names of plugins. Those of a plugin that states no types have any keys. */
type OptionsByName<Kind extends string> = {
  readonly [K in keyof PluginOptionTypes as K extends `${Kind}/${infer Name}`
    ? Name
    : never]?: PluginOptionTypes[K];
} & { readonly [name: string]: object };

/** A configuration file in which TypeScript checks the options of plugins, in profiles and experiments too. */
export type WithOptionTypes<T> = {
  [K in keyof T]: K extends keyof Kinds
    ? OptionsByName<Kinds[K]> | undefined
    : K extends 'profiles' | 'experiments'
      ? { readonly [name: string]: WithOptionTypes<NonNullable<T[K]>[keyof NonNullable<T[K]>]> } | undefined
      : T[K];
};
