import { type RunIdentity, sha256 } from './identity.ts';
import { runDefaults } from './options.ts';

export interface NameParts {
  readonly setting: string;
  /** Short names of the agents of all seats, each once. */
  readonly agents: readonly string[];
  /** The models of all seats, each once. */
  readonly models: readonly string[];
  /** Defaults to the default backend. */
  readonly backend?: string | undefined;
  readonly subset?: string | undefined;
  readonly repo?: string | undefined;
  readonly taskId?: number | undefined;
  readonly features?: readonly number[] | undefined;
  readonly channels: {
    readonly open: readonly string[];
    readonly own: readonly string[];
    carriesMessages(name: string): boolean;
  };
  readonly identity: RunIdentity;
}

/** Generates a run's name. The same options give the same name, and different options give different names. */
export function generateName({
  setting,
  agents,
  models,
  backend,
  subset,
  repo,
  taskId,
  features,
  channels,
  identity,
}: NameParts): string {
  const parts = [
    setting,
    joinNames(agents),
    ...listChannelParts(channels),
    joinNames(models.map(formatShortModel)),
    backend,
    subset,
    repo?.replace(/_task$/, ''),
    taskId,
    features?.map((id) => `f${id}`).join('_'),
    findOtherSettings(identity),
  ];
  return parts
    .filter((part) => part !== undefined && part !== '')
    .join('-')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-');
}

/**
 * Lists the channels that differ from the setting's own. `nomsg`: no message can be sent, although the setting has messages.
 */
function listChannelParts({ open, own, carriesMessages }: NameParts['channels']): string[] {
  const addedNames = open.filter((name) => !own.includes(name)).sort();
  const removedNames = own.filter((name) => !open.includes(name)).sort();
  const isSilent = !open.some(carriesMessages);
  const missing = removedNames.map((name) => (isSilent && carriesMessages(name) ? 'nomsg' : `no-${name}`));
  return [...addedNames, ...new Set(missing)];
}

/** Joins the first three. `otherSettings` tells longer lists apart. */
function joinNames(names: readonly string[]): string {
  const moreCount = names.length - 3;
  return [...names.slice(0, 3), ...(moreCount > 0 ? [`${moreCount}-more`] : [])].join('-');
}

/** Shortens a model's id: drops its provider and `-preview`. */
function formatShortModel(model: string): string {
  return (model.split('/').at(-1) ?? model).replace(/-preview\b/, '');
}

/** Six hex digits for all other options that differ from their defaults. */
function findOtherSettings(identity: RunIdentity): string | undefined {
  const { max_cost, max_steps, timeout_seconds } = identity;
  const otherOptions = Object.entries({
    seats: identity.seats,
    prices: identity.prices,
    max_cost: max_cost === null || max_cost === runDefaults.maxCostUsd ? null : max_cost,
    max_steps: max_steps === runDefaults.maxSteps ? null : max_steps,
    timeout_seconds: timeout_seconds * 1000 === runDefaults.timeoutMs ? null : timeout_seconds,
    barrier: identity.barrier,
    network: identity.network,
    registries: identity.registries,
    base_url: identity.base_url,
    agent_config: identity.agent_config,
    agent_options: identity.agent_options,
    setting_options: identity.setting_options,
    channel_options: identity.channel_options,
    channel_faults: identity.channel_faults ?? null,
  }).filter(([, value]) => value !== null);
  return otherOptions.length > 0 ? sha256(JSON.stringify(otherOptions)).slice(0, 6) : undefined;
}
