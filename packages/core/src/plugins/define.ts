import type { TSchema } from 'typebox';
import type { Agent } from '../contracts/agent.ts';
import type { Backend } from '../contracts/backend.ts';
import type { MessageBus } from '../contracts/bus.ts';
import { ConfigError } from '../contracts/errors.ts';
import type { Evaluator } from '../contracts/evaluator.ts';
import type {
  AgentDefinition,
  AgentTraits,
  Definition,
  Plugin,
  PluginHook,
  TypedDefinition,
} from '../contracts/plugin.ts';
import { faults } from './validate.ts';

/** All that an author gave is kept, so that a key that nobody knows is seen where plugins are loaded. */
function define<T, S extends TSchema, D extends TypedDefinition<T, S>>(
  kind: string,
  typed: D,
): Omit<D, 'create'> & Definition<T> {
  if (typeof typed.create !== 'function') return typed as never;
  return {
    ...typed,
    create(options = {}) {
      checkOptions(`the ${kind}`, typed, options);
      return typed.create(options as never);
    },
  };
}

/** `whose`: `the agent "foo"`. @throws ConfigError `CONFIG_OPTIONS`. */
export function checkOptions(
  whose: string,
  definition: Pick<Definition<unknown>, 'options'>,
  given: unknown = {},
): void {
  const wrong = definition.options === undefined ? [] : faults(definition.options, given);
  if (wrong.length === 0) return;
  throw new ConfigError('CONFIG_OPTIONS', `The options of ${whose} do not fit:\n  ${wrong.join('\n  ')}`, {
    hint: 'Correct the options in the configuration or on the command line.',
  });
}

export function defineBackend<S extends TSchema>(typed: TypedDefinition<Backend, S>): Definition<Backend> {
  return define('backend', typed);
}

export function defineBus<S extends TSchema>(typed: TypedDefinition<MessageBus, S>): Definition<MessageBus> {
  return define('bus', typed);
}

export function defineEvaluator<S extends TSchema>(
  typed: TypedDefinition<Evaluator, S>,
): Definition<Evaluator> {
  return define('evaluator', typed);
}

export function defineAgent<S extends TSchema>(
  typed: TypedDefinition<Agent, S> & AgentTraits,
): AgentDefinition {
  return define('agent', typed);
}

/** Default-export its result and name the file as the oclif hook `cooperbench:plugin` in package.json. */
export function definePlugin(plugin: Plugin): PluginHook {
  return Object.assign(() => plugin, { plugin });
}
