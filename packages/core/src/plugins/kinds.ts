import type { Backend } from '../contracts/backend.ts';
import type { MessageBus } from '../contracts/bus.ts';
import type { Evaluator } from '../contracts/evaluator.ts';
import type { MergePolicy } from '../contracts/merge-policy.ts';
import type { SandboxNetwork } from '../contracts/network.ts';
import type {
  AgentDefinition,
  ChannelDefinition,
  Definition,
  SettingDefinition,
} from '../contracts/plugin.ts';
import type { Reporter } from '../contracts/reporter.ts';
import type { RequiredMembers } from './plugin-fault.ts';

/** The type of a definition of each kind. */
export interface Kinds {
  settings: SettingDefinition;
  channels: ChannelDefinition;
  agents: AgentDefinition;
  backends: Definition<Backend>;
  buses: Definition<MessageBus>;
  evaluators: Definition<Evaluator>;
  mergePolicies: Definition<MergePolicy>;
  reporters: Definition<Reporter>;
  networks: Definition<SandboxNetwork>;
}

/** The singular of each kind, and the members that an object of that kind must have. */
export const kinds: Record<
  keyof Kinds,
  { readonly singular: string; readonly requiredMembers: RequiredMembers }
> = {
  settings: { singular: 'setting', requiredMembers: { seats: 'function', judged: 'string' } },
  channels: { singular: 'channel', requiredMembers: { open: 'function' } },
  agents: { singular: 'agent', requiredMembers: { run: 'function' } },
  backends: { singular: 'backend', requiredMembers: { create: 'function' } },
  buses: { singular: 'bus', requiredMembers: { open: 'function' } },
  evaluators: { singular: 'evaluator', requiredMembers: { evaluate: 'function' } },
  mergePolicies: { singular: 'merge policy', requiredMembers: { strategy: 'string' } },
  reporters: { singular: 'reporter', requiredMembers: { open: 'function' } },
  networks: { singular: 'network', requiredMembers: { connect: 'function' } },
};

/** A kind of thing that plugins provide. */
export type Kind = keyof Kinds;

/** The type that a definition of this kind creates. */
export type Service<K extends Kind> = Awaited<ReturnType<Kinds[K]['create']>>;
