import { join, resolve } from 'node:path';
import type { ModelPrice } from '../contracts/agent.ts';
import { ConfigError } from '../contracts/errors.ts';
import type { AgentDefinition } from '../contracts/plugin.ts';
import type { SeatPlan, Setting } from '../contracts/setting.ts';
import type { FeatureSet } from '../contracts/task.ts';
import { type Dataset, discover } from '../dataset/discover.ts';
import { datasetRevision } from '../dataset/revision.ts';
import { select } from '../dataset/select.ts';
import { faultOf } from '../plugins/plugin-fault.ts';
import type { Registry } from '../plugins/registry.ts';
import { trialId } from '../records/layout.ts';
import { maskSecrets } from '../records/mask-secrets.ts';
import { channelNames, differsFromDefault } from './channel-names.ts';
import { type Identity, identityHash, sha256, sorted } from './identity.ts';
import { checkName, generateName } from './name.ts';
import { type RunOptions, runDefaults } from './options.ts';
import { recordedOptions } from './recorded-options.ts';
import {
  type AgentConfigs,
  checkSeatNames,
  checkSeats,
  readAgentConfigs,
  type SeatChoice,
  seatChooser,
  seatIdentity,
} from './seat-choices.ts';
import { seatFault } from './seat-fault.ts';

export interface PlannedTrial {
  readonly id: string;
  readonly featureSet: FeatureSet;
  /** Counted from 1. */
  readonly repetition: number;
  /** The seed for agents that take one. Undefined: the run does not repeat pairs. */
  readonly seed: number | undefined;
  readonly seats: readonly SeatChoice[];
}

/** Everything that is decided about a run before it starts. */
export interface RunPlan {
  readonly name: string;
  readonly runDir: string;
  readonly setting: Setting & { readonly name: string };
  readonly agent: string;
  readonly model: string;
  readonly backend: string;
  /** Names of the channels that are open. */
  readonly channels: readonly string[];
  /** Undefined: no channel needs a bus. */
  readonly bus: string | undefined;
  /** Contents of the agent configuration files: of the run, and of seats that have their own. */
  readonly configs: AgentConfigs;
  readonly limits: { readonly maxSteps: number; readonly maxCostUsd: number };
  readonly timeoutMs: number;
  readonly identity: Identity;
  readonly configHash: string;
  readonly dataset: Dataset;
  /** Every pair once, then every pair a second time, and so on. */
  readonly trials: readonly PlannedTrial[];
}

const maxRepeat = 1000;

/** Plans a run. @throws ConfigError when an option names something that does not exist or does not fit. */
export function planRun(registry: Registry, options: RunOptions): RunPlan {
  const settingName = options.setting ?? runDefaults.setting;
  const setting = {
    ...registry.makeNow('settings', settingName, options.settingOptions?.[settingName]),
    name: settingName,
  };
  const agent = registry.nameOr('agents', options.agent);
  const definition = registry.get('agents', agent);
  const backend = registry.nameOr('backends', options.backend);
  const channels = channelNames(setting, options);
  for (const name of channels) registry.checkOptions('channels', name, options.channelOptions?.[name]);
  const usesBus = channels.filter((name) => registry.get('channels', name).usesBus).length > 0;
  const bus = options.bus ?? runDefaults.bus;
  registry.get('backends', backend);
  const evaluator = options.evaluator ?? runDefaults.evaluator;
  registry.checkOptions('evaluators', evaluator, options.evaluatorOptions?.[evaluator]);
  registry.get('mergePolicies', options.mergePolicy ?? runDefaults.mergePolicy);
  if (usesBus) registry.get('buses', bus);
  checkSeatNames(registry, options.seats ?? {});
  const dataset = discover(options.datasetDir ?? runDefaults.datasetDir, {
    imagePattern: options.imagePattern,
  });
  refuseBroken(dataset);
  const featureSets = select(dataset, options);
  const model = options.modelName ?? runDefaults.modelName;
  const choose = seatChooser(options, { agent, model, backend });
  const repetitions = repetitionsOf(options);
  const pairs = featureSets.map((featureSet) => ({
    featureSet,
    seats: plannedSeats(registry, setting, featureSet).map(choose),
  }));
  const trials = repetitions.flatMap((repetition) =>
    pairs.map((pair): PlannedTrial => {
      const seed = repetitions.length > 1 ? repetition : undefined;
      return { ...pair, id: trialId(setting.name, pair.featureSet, repetition), repetition, seed };
    }),
  );
  const seats = trials.flatMap((trial) => trial.seats);
  checkSeats(seats, options.seats ?? {});
  const configs = readAgentConfigs(options);
  const identity = identityOf(options, setting, { channels, agent, seats, model, configs, dataset });
  const name =
    options.runName ??
    generateName({
      setting: setting.name,
      agentShort: shortOf(agent, definition),
      backend: backend === registry.defaults.backends ? undefined : backend,
      subset: options.subset,
      repo: options.repo,
      taskId: options.taskId,
      features: options.features,
      channels: { open: channels, own: setting.channels ?? [] },
      identity,
    });
  return {
    name: checkName(name),
    runDir: join(resolve(options.logsDir ?? runDefaults.logsDir), name),
    setting,
    agent,
    model,
    backend,
    channels,
    bus: usesBus ? bus : undefined,
    configs,
    limits: {
      maxSteps: options.maxSteps ?? runDefaults.maxSteps,
      maxCostUsd: options.maxCostUsd ?? runDefaults.maxCostUsd,
    },
    timeoutMs: options.timeoutMs ?? runDefaults.timeoutMs,
    identity,
    configHash: identityHash(identity),
    dataset,
    trials,
  };
}

/** Returns 1, 2, … up to `repeat`. @throws ConfigError `REPEAT`. */
function repetitionsOf({ repeat = runDefaults.repeat }: RunOptions): number[] {
  if (Number.isInteger(repeat) && repeat >= 1 && repeat <= maxRepeat)
    return Array.from({ length: repeat }, (_, index) => index + 1);
  throw new ConfigError(
    'REPEAT',
    `repeat is ${repeat}, which is not a whole number from 1 to ${maxRepeat}.`,
    {
      hint: 'Give the number of times that every pair runs.',
    },
  );
}

/** Refuses a dataset whose tasks are all broken, and names the reasons. "Nothing matches" would hide them. */
function refuseBroken({ directory, tasks, broken }: Dataset): void {
  if (tasks.length > 0) return;
  const reasons = broken.map(({ repo, task, reason }) => `${repo}/${task}: ${reason}`);
  throw new ConfigError('DATASET_BROKEN', `No task of ${directory} can be used:\n  ${reasons.join('\n  ')}`);
}

/** A setting's seats for these features. @throws PluginError `PLUGIN_FAULT` when core cannot use them. */
function plannedSeats(
  registry: Registry,
  setting: RunPlan['setting'],
  { features }: FeatureSet,
): readonly SeatPlan[] {
  const seats = setting.seats(features);
  const why = seatFault(setting, seats);
  if (why !== undefined) throw faultOf(`${registry.title('settings', setting.name)} cannot be used`, why);
  return seats;
}

function identityOf(
  options: RunOptions,
  setting: RunPlan['setting'],
  known: {
    channels: readonly string[];
    agent: string;
    seats: readonly SeatChoice[];
    model: string;
    configs: AgentConfigs;
    dataset: Dataset;
  },
): Identity {
  const agents = [known.agent, ...known.seats.map(({ agent }) => agent)];
  const prices = known.seats.flatMap(({ model, price }) => (price ? [[model, price] as const] : []));
  return {
    agent: known.agent,
    model: known.model,
    seats: orNull(seatIdentity(options.seats ?? {}, known.configs)),
    prices: orNull(sorted(Object.fromEntries(prices)) as Record<string, ModelPrice>),
    max_cost: options.maxCostUsd ?? runDefaults.maxCostUsd,
    max_steps: options.maxSteps ?? runDefaults.maxSteps,
    timeout_seconds: (options.timeoutMs ?? runDefaults.timeoutMs) / 1000,
    channels: differsFromDefault(setting, known.channels) ? [...known.channels].sort() : null,
    base_url: maskSecrets(options.baseUrl ?? null) as string | null,
    agent_config: known.configs.run === undefined ? null : sha256(known.configs.run),
    agent_options: orNull(recordedOptions(options.agentOptions, agents)),
    setting_options: orNull(recordedOptions(options.settingOptions, [setting.name])),
    channel_options: orNull(recordedOptions(options.channelOptions, known.channels)),
    dataset_revision: datasetRevision(known.dataset.tasks),
  };
}

function orNull<T>(options: Readonly<Record<string, T>>): Readonly<Record<string, T>> | null {
  return Object.keys(options).length > 0 ? options : null;
}

/** Shortens `mini_swe_agent` to `msa`. Keeps a name of one word. */
function shortOf(name: string, definition: AgentDefinition): string {
  const words = name.split('_').filter(Boolean);
  return definition.short ?? (words.length > 1 ? words.map((word) => word[0]).join('') : name);
}
