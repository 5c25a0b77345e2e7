// This file has more than 250 lines, because it is the form of a plan, and the steps that make it.
import { join, resolve } from 'node:path';
import {
  ConfigError,
  CooperBenchError,
  type FeatureSet,
  type ModelPrice,
  type NetworkPolicy,
  type SeatPlan,
  type Setting,
} from '@cooperbench/core';
import {
  type ChannelFaults,
  createPluginFault,
  findSeatFault,
  type Kind,
  maskSecrets,
  type Registry,
} from '@cooperbench/core/host';
import { checkName, getTrialId } from '@cooperbench/records';
import { type Dataset, discover } from '../dataset/discover.ts';
import { datasetRevision } from '../dataset/revision.ts';
import { select } from '../dataset/select.ts';
import { readChannelFaults } from '../options/channel-faults.ts';
import { differsFromDefault, hasTrait, listChannelNames } from '../options/channel-names.ts';
import { checkOptionValues } from '../options/check-option-values.ts';
import { computeIdentityHash, type RunIdentity, sha256, withSortedKeys } from '../options/identity.ts';
import { generateName } from '../options/name.ts';
import { type RunOptions, runDefaults } from '../options/options.ts';
import {
  type AgentConfigs,
  checkSeats,
  createSeatPlanner,
  findNamedSeats,
  findSeatIdentity,
  type PlannedSeat,
  readAgentConfigs,
} from '../options/planned-seats.ts';
import { buildRecordedOptions } from '../options/recorded-options.ts';
import { removeInapplicableTasks } from './check-tests-apply.ts';

export interface PlannedTrial {
  readonly id: string;
  readonly featureSet: FeatureSet;
  /** Counted from 1. */
  readonly repetition: number;
  /** The seed for agents that take one. It is undefined if the run does not repeat pairs. */
  readonly seed: number | undefined;
  readonly seats: readonly PlannedSeat[];
}

/** Everything that is decided about a run before it starts. */
export interface RunPlan {
  readonly name: string;
  readonly runDir: string;
  /** Error messages about the setting begin with `title`. */
  readonly setting: Setting & { readonly name: string; readonly title: string };
  readonly agent: string;
  readonly model: string;
  readonly backend: string;
  /** Names of the channels that are open. */
  readonly channels: readonly string[];
  /** Faults of channels on purpose, by name. */
  readonly channelFaults: Readonly<Record<string, ChannelFaults>>;
  /** It is undefined if no channel needs a bus. */
  readonly bus: string | undefined;
  /** Contents of the agent configuration files: of the run, and of seats that have their own. */
  readonly configs: AgentConfigs;
  readonly limits: { readonly maxSteps: number; readonly maxCostUsd: number };
  /** The flags of the cost limits that the user gave. */
  readonly costFlags: readonly string[];
  readonly timeoutMs: number;
  /** The agents of a trial begin together. */
  readonly barrier: boolean;
  /** The user's choice for agents. If it is undefined, each task's own applies. */
  readonly network: NetworkPolicy | undefined;
  readonly identity: RunIdentity;
  readonly configHash: string;
  readonly dataset: Dataset;
  /** Every pair once, then every pair a second time, and so on. */
  readonly trials: readonly PlannedTrial[];
}

/** Plans a run. @throws ConfigError when an option names something that does not exist or does not fit. */
export function planRun(registry: Registry, options: RunOptions): RunPlan {
  checkOptionValues(options);
  const settingName = options.setting ?? runDefaults.setting;
  const setting = {
    ...registry.createSync('settings', settingName, options.settingOptions?.[settingName]),
    name: settingName,
    title: registry.title('settings', settingName),
  };
  const agent = registry.nameOrDefault('agents', options.agent);
  const backend = registry.nameOrDefault('backends', options.backend);
  const channels = listChannelNames(registry, setting, options);
  const channelFaults = readChannelFaults(channels, options);
  const usesBus = channels.some((name) => registry.get('channels', name).usesBus);
  const bus = usesBus ? (options.bus ?? runDefaults.bus) : undefined;
  const seatSettings = Object.values(options.seats ?? {});
  checkPlugins(registry, options, {
    agents: [agent, ...seatSettings.flatMap((seat) => seat.agent ?? [])],
    channels,
    backends: [backend, ...seatSettings.flatMap((seat) => seat.backend ?? [])],
    ...(options.autoEval !== false && {
      evaluators: [options.evaluator ?? runDefaults.evaluator],
      mergePolicies: [options.mergePolicy ?? setting.mergePolicy ?? runDefaults.mergePolicy],
    }),
    buses: bus === undefined ? [] : [bus],
  });
  const { datasetDir = runDefaults.datasetDir, imagePattern } = options;
  const dataset = removeInapplicableTasks(discover(datasetDir, { imagePattern }));
  refuseBroken(dataset);
  const model = options.modelName ?? runDefaults.modelName;
  const run = { agent, model, backend };
  const trials = listPlannedTrials(registry, setting, select(dataset, options), options, run);
  refuseUnknownSeats(trials, { ...options, channelFaults });
  const planned = {
    ...run,
    setting,
    channels,
    channelFaults,
    bus,
    configs: readAgentConfigs(options),
    limits: {
      maxSteps: options.maxSteps ?? runDefaults.maxSteps,
      maxCostUsd: options.maxCostUsd ?? runDefaults.maxCostUsd,
    },
    costFlags: listCostFlags(options),
    timeoutMs: options.timeoutMs ?? runDefaults.timeoutMs,
    barrier: options.barrier ?? runDefaults.barrier,
    network: options.network,
    dataset,
    trials,
  };
  const identity = buildIdentity(planned, options);
  const name = checkName(options.runName ?? nameOf(planned, identity, registry, options));
  const runDir = join(resolve(options.logsDir ?? runDefaults.logsDir), name);
  return { ...planned, name, runDir, identity, configHash: computeIdentityHash(identity) };
}

/** Checks that every name exists and that its options fit. @throws the errors of `Registry.checkOptions`. */
function checkPlugins(
  registry: Registry,
  options: RunOptions,
  usedNames: Readonly<Partial<Record<Kind, readonly string[]>>>,
): void {
  const recordedOptions: Partial<Record<Kind, Readonly<Record<string, unknown>> | undefined>> = {
    agents: options.agentOptions,
    channels: options.channelOptions,
    backends: options.backendOptions,
    evaluators: options.evaluatorOptions,
    buses: options.busOptions,
  };
  for (const [kind, names] of Object.entries(usedNames) as [Kind, readonly string[]][])
    for (const name of names) registry.checkOptions(kind, name, recordedOptions[kind]?.[name]);
}

function listPlannedTrials(
  registry: Registry,
  setting: RunPlan['setting'],
  featureSets: readonly FeatureSet[],
  options: RunOptions,
  run: Pick<RunPlan, 'agent' | 'model' | 'backend'>,
): PlannedTrial[] {
  const { repeat = runDefaults.repeat } = options;
  const repetitions = Array.from({ length: repeat }, (_, index) => index + 1);
  const choose = createSeatPlanner(options, run, registry);
  const pairs = featureSets.map((featureSet) => ({
    featureSet,
    seats: listPlannedSeats(setting, featureSet).map(choose),
  }));
  return repetitions.flatMap((repetition) =>
    pairs.map((pair): PlannedTrial => {
      const seed = repetitions.length > 1 ? repetition : undefined;
      return { ...pair, id: getTrialId(setting.name, pair.featureSet, repetition), repetition, seed };
    }),
  );
}

/** A name that no seat has would be a run without the choice or the fault. */
function refuseUnknownSeats(
  trials: readonly PlannedTrial[],
  { seats = {}, channelFaults }: Pick<RunOptions, 'seats'> & Pick<RunPlan, 'channelFaults'>,
): void {
  const silentSeats = Object.values(channelFaults).flatMap((faults) => faults.silent ?? []);
  checkSeats(
    trials.flatMap((trial) => trial.seats),
    [...Object.keys(seats), ...silentSeats],
  );
}

/** Refuses a dataset whose tasks are all broken, and names the reasons. "Nothing matches" would hide them. */
function refuseBroken({ directory, tasks, broken }: Dataset): void {
  if (tasks.length > 0) return;
  const reasons = broken.map(({ repo, task, reason }) => `${repo}/${task}: ${reason}`);
  throw new ConfigError('DATASET_BROKEN', `No task of ${directory} can be used:\n  ${reasons.join('\n  ')}`);
}

/** Lists a setting's seats for these features. @throws PluginError `PLUGIN_FAULT` when core cannot use them. */
function listPlannedSeats(setting: RunPlan['setting'], { features }: FeatureSet): readonly SeatPlan[] {
  let seats: readonly SeatPlan[];
  try {
    seats = setting.seats(features);
  } catch (error) {
    throw CooperBenchError.is(error) ? error : createPluginFault(`${setting.title} failed in seats`, error);
  }
  const reason = findSeatFault(setting, seats);
  if (reason !== undefined) throw createPluginFault(`${setting.title} cannot be used`, reason);
  return seats;
}

type PlannedRun = Omit<RunPlan, 'name' | 'runDir' | 'identity' | 'configHash'>;

function buildIdentity(plan: PlannedRun, options: RunOptions): RunIdentity {
  const seats = plan.trials.flatMap((trial) => trial.seats);
  const agents = seats.map(({ agent }) => agent);
  const ownOf = ({ plan: { id } }: PlannedSeat) => options.seats?.[id] ?? {};
  const prices = seats.flatMap(({ model, usesModel, price }) =>
    usesModel && price ? [[model, price] as const] : [],
  );
  return {
    agent: seats.some((seat) => ownOf(seat).agent === undefined) ? plan.agent : null,
    model: seats.some((seat) => seat.usesModel && ownOf(seat).model === undefined) ? plan.model : null,
    seats: orNull(findSeatIdentity(options.seats ?? {}, plan.configs)),
    prices: orNull(withSortedKeys(Object.fromEntries(prices)) as Record<string, ModelPrice>),
    max_cost: plan.limits.maxCostUsd,
    max_steps: plan.limits.maxSteps,
    timeout_seconds: plan.timeoutMs / 1000,
    barrier: plan.barrier ? null : false,
    channels: differsFromDefault(plan.setting, plan.channels) ? [...plan.channels].sort() : null,
    network: plan.network ?? null,
    registries: options.registries?.length ? [...new Set(options.registries)].sort() : null,
    base_url: maskSecrets(options.baseUrl ?? null) as string | null,
    agent_config: plan.configs.run === undefined ? null : sha256(plan.configs.run),
    agent_options: orNull(buildRecordedOptions(options.agentOptions, agents)),
    setting_options: orNull(buildRecordedOptions(options.settingOptions, [plan.setting.name])),
    channel_options: orNull(buildRecordedOptions(options.channelOptions, plan.channels)),
    ...(Object.keys(plan.channelFaults).length > 0 && {
      channel_faults: withSortedKeys(plan.channelFaults) as RunIdentity['channel_faults'],
    }),
    dataset_revision: datasetRevision(plan.dataset.tasks),
  };
}

function orNull<T>(options: Readonly<Record<string, T>>): Readonly<Record<string, T>> | null {
  return Object.keys(options).length > 0 ? options : null;
}

function nameOf(
  { setting, backend, channels, trials }: PlannedRun,
  identity: RunIdentity,
  registry: Registry,
  { subset, repo, taskId, features }: RunOptions,
): string {
  const seats = findNamedSeats(trials);
  return generateName({
    setting: setting.name,
    agents: [...new Set(seats.map(({ agent }) => registry.get('agents', agent).short ?? shortenName(agent)))],
    models: [...new Set(seats.flatMap(({ model }) => model ?? []))],
    backend: backend === registry.defaults.backends ? undefined : backend,
    subset,
    repo,
    taskId,
    features,
    channels: {
      open: channels,
      own: setting.channels ?? [],
      carriesMessages: (name) => hasTrait(registry, name, 'carriesMessages'),
    },
    identity,
  });
}

/** Shortens `mini_swe_agent` to `msa`. Keeps a name of one word. */
function shortenName(name: string): string {
  const words = name.split('_').filter(Boolean);
  return words.length > 1 ? words.map((word) => word[0]).join('') : name;
}

/** Lists the flags of the cost limits that the user gave. */
function listCostFlags({ maxCostUsd, budgetUsd }: RunOptions): string[] {
  return [
    ...(maxCostUsd === undefined ? [] : ['--max-cost']),
    ...(budgetUsd === undefined ? [] : ['--budget']),
  ];
}
