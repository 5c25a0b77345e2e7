import type { Agent } from '../contracts/agent.ts';
import type { Backend } from '../contracts/backend.ts';
import type { MessageBus } from '../contracts/bus.ts';
import type { Channel } from '../contracts/channel.ts';
import type { Evaluator } from '../contracts/evaluator.ts';
import type {
  AgentDefinition,
  AgentTraits,
  ChannelDefinition,
  Definition,
  Plugin,
  PluginHook,
  SettingDefinition,
  TypedDefinition,
} from '../contracts/plugin.ts';
import type { Setting } from '../contracts/setting.ts';

/**
 * Defines a setting. `O` is the type of its options. Core checks the user's options against the schema in `options` before it
 * calls `create`. The other `define` functions do the same for their kinds.
 */
export function defineSetting<O>(
  typed: Omit<TypedDefinition<Setting, O>, 'create'> & { create(options: O): Setting },
): SettingDefinition {
  return typed as SettingDefinition;
}

export function defineChannel<O>(
  typed: TypedDefinition<Channel, O> & Pick<ChannelDefinition, 'usesBus'>,
): ChannelDefinition {
  return typed as ChannelDefinition;
}

export function defineBackend<O>(typed: TypedDefinition<Backend, O>): Definition<Backend> {
  return typed as Definition<Backend>;
}

export function defineBus<O>(typed: TypedDefinition<MessageBus, O>): Definition<MessageBus> {
  return typed as Definition<MessageBus>;
}

export function defineEvaluator<O>(typed: TypedDefinition<Evaluator, O>): Definition<Evaluator> {
  return typed as Definition<Evaluator>;
}

export function defineAgent<O>(
  typed: TypedDefinition<Agent, O> &
    Omit<AgentTraits, 'layers'> & {
      layers?(options: O): ReturnType<NonNullable<AgentTraits['layers']>>;
    },
): AgentDefinition {
  return typed as AgentDefinition;
}

/** Defines a plugin. Default-export the result, and name the file as the oclif hook `cooperbench:plugin` in package.json. */
export function definePlugin(plugin: Plugin): PluginHook {
  return Object.assign(() => plugin, { plugin });
}
