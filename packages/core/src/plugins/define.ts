import type { TSchema } from 'typebox';
import type { Agent } from '../contracts/agent.ts';
import type { Backend } from '../contracts/backend.ts';
import type { MessageBus } from '../contracts/bus.ts';
import type { Evaluator } from '../contracts/evaluator.ts';
import type {
  AgentDefinition,
  AgentTraits,
  Definition,
  Plugin,
  PluginHook,
  TypedDefinition,
} from '../contracts/plugin.ts';

/** `create` gets options that fit `options`: core checks them before it calls `create`. The same holds for every kind. */
export function defineBackend<S extends TSchema>(typed: TypedDefinition<Backend, S>): Definition<Backend> {
  return typed as Definition<Backend>;
}

export function defineBus<S extends TSchema>(typed: TypedDefinition<MessageBus, S>): Definition<MessageBus> {
  return typed as Definition<MessageBus>;
}

export function defineEvaluator<S extends TSchema>(
  typed: TypedDefinition<Evaluator, S>,
): Definition<Evaluator> {
  return typed as Definition<Evaluator>;
}

export function defineAgent<S extends TSchema>(
  typed: TypedDefinition<Agent, S> & AgentTraits,
): AgentDefinition {
  return typed as AgentDefinition;
}

/** Makes a plugin. Default-export the result, and name the file as the oclif hook `cooperbench:plugin` in package.json. */
export function definePlugin(plugin: Plugin): PluginHook {
  return Object.assign(() => plugin, { plugin });
}
