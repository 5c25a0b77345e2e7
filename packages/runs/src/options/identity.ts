import { createHash } from 'node:crypto';
import type { ModelPrice, NetworkPolicy } from '@cooperbench/core';

/**
 * The options that must stay the same for results of one setting to be counted together. An option that is not set or does not
 * apply is null.
 */
export interface RunIdentity {
  /** Of the seats that have none of their own. It is null if every seat has its own. */
  readonly agent: string | null;
  /** Of the seats that have none of their own. It is null if every seat has its own, or uses no model. */
  readonly model: string | null;
  /** Options of single seats, by seat. */
  readonly seats: Readonly<
    Record<
      string,
      {
        readonly agent?: string;
        readonly model?: string;
        readonly base_url?: string;
        readonly agent_config?: string;
      }
    >
  > | null;
  /** Prices that the user states, for the models in use. */
  readonly prices: Readonly<Record<string, ModelPrice>> | null;
  readonly max_cost: number | null;
  readonly max_steps: number | null;
  readonly timeout_seconds: number;
  /** It is null if the agents of a trial begin together. */
  readonly barrier: false | null;
  /** The open channels, sorted. It is null if the setting's own are open. */
  readonly channels: readonly string[] | null;
  /** The network of agents. It is null if each task's own, which is part of the dataset. */
  readonly network: NetworkPolicy | null;
  /** Further hosts that `registries` reaches, sorted. It is null if there are none. */
  readonly registries: readonly string[] | null;
  readonly base_url: string | null;
  /** SHA-256 of the agent configuration file's content. */
  readonly agent_config: string | null;
  /** Options of agents, by name and without secrets. Likewise those of the setting and of channels. */
  readonly agent_options: Readonly<Record<string, unknown>> | null;
  readonly setting_options: Readonly<Record<string, unknown>> | null;
  readonly channel_options: Readonly<Record<string, unknown>> | null;
  /** Faults of channels on purpose. It is absent if there are none. */
  readonly channel_faults?: Readonly<Record<string, unknown>> | undefined;
  readonly dataset_revision: string;
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function computeIdentityHash(identity: RunIdentity): string {
  return sha256(JSON.stringify(withSortedKeys(identity))).slice(0, 16);
}

/** Sorts the keys of all objects in a value, so that equal values have equal JSON. */
export function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, withSortedKeys(inner)]),
  );
}

/** No result depends on these while they are null. Then no seat uses them, as long as the run's filters leave out some seats. */
const unusedWhenNull = ['agent', 'model'];

/** Describes each key in which two identities differ, with both values. */
export function listDifferences(
  previous: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): string[] {
  return [...new Set([...Object.keys(previous), ...Object.keys(now)])]
    .filter((key) => JSON.stringify(previous[key] ?? null) !== JSON.stringify(now[key] ?? null))
    .filter((key) => !unusedWhenNull.includes(key) || (previous[key] && now[key]))
    .map((key) => `${key}: was ${describeValue(key, previous[key])}, is ${describeValue(key, now[key])}`);
}

function describeValue(key: string, value: unknown): string {
  if (value !== null && value !== undefined) return JSON.stringify(value);
  return { channels: "the setting's own", network: "each task's own", barrier: 'true' }[key] ?? 'not set';
}
