import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { settings } from '../builtins/settings.ts';
import { ConfigError, messageOf } from '../contracts/errors.ts';
import type { AgentDefinition } from '../contracts/plugin.ts';
import type { SeatPlan, Setting } from '../contracts/setting.ts';
import type { FeatureSet } from '../contracts/task.ts';
import { type Dataset, discover } from '../dataset/discover.ts';
import { datasetRevision } from '../dataset/revision.ts';
import { select } from '../dataset/select.ts';
import { suggest } from '../plugins/nearest.ts';
import type { Registry } from '../plugins/registry.ts';
import { trialId } from '../records/layout.ts';
import { maskSecrets } from '../records/mask-secrets.ts';
import { checkChannels } from './check-channels.ts';
import { type Identity, identityHash, sha256 } from './identity.ts';
import { checkName, generateName } from './name.ts';
import { type RunOptions, runDefaults } from './options.ts';
import { told } from './recorded-options.ts';

/** Who sits on a seat, by the names users type. */
export interface SeatChoice extends SeatPlan {
  readonly agent: string;
  readonly model: string;
  readonly backend: string;
}

export interface PlannedTrial {
  readonly id: string;
  readonly pair: FeatureSet;
  readonly seats: readonly SeatChoice[];
}

/** Everything a run will do, decided before anything is done. */
export interface RunPlan {
  readonly name: string;
  readonly runDir: string;
  readonly setting: Setting;
  readonly agent: string;
  readonly model: string;
  readonly backend: string;
  readonly messaging: boolean;
  readonly git: boolean;
  readonly bus: string;
  readonly configFile: string | undefined;
  readonly limits: { readonly maxSteps: number; readonly maxCostUsd: number };
  readonly timeoutMs: number;
  readonly identity: Identity;
  readonly configHash: string;
  readonly dataset: Dataset;
  readonly trials: readonly PlannedTrial[];
}

/** @throws ConfigError for anything the user asked for that does not exist or does not fit. */
export function planRun(registry: Registry, options: RunOptions): RunPlan {
  const setting = settingOf(options.setting ?? runDefaults.setting);
  checkChannels(options);
  const agent = options.agent ?? runDefaults.agent;
  const definition = registry.get('agents', agent);
  const backend = options.backend ?? runDefaults.backend;
  const messaging = setting.cooperative && (options.messagingEnabled ?? true);
  const bus = options.bus ?? (options.redisUrl === undefined ? runDefaults.bus : 'redis');
  registry.get('backends', backend);
  const evaluator = options.evaluator ?? runDefaults.evaluator;
  registry.checkOptions('evaluators', evaluator, options.evaluatorOptions?.[evaluator]);
  registry.get('mergePolicies', options.mergePolicy ?? runDefaults.mergePolicy);
  if (messaging) registry.get('buses', bus);
  checkSeatNames(registry, options.seats ?? {});
  const dataset = discover(options.datasetDir ?? runDefaults.datasetDir, {
    imagePattern: options.imagePattern,
  });
  refuseBroken(dataset);
  const pairs = select(dataset, options);
  const model = options.modelName ?? runDefaults.modelName;
  const choices = { agent, model, backend, seats: options.seats ?? {} };
  const trials = pairs.map(
    (pair): PlannedTrial => ({
      id: trialId(setting.name, pair),
      pair,
      seats: setting.seats(pair.features).map((seat) => choose(seat, choices)),
    }),
  );
  checkSeats(trials, choices.seats);
  const configFile = options.agentConfig === undefined ? undefined : resolve(options.agentConfig);
  const agents = [agent, ...trials.flatMap(({ seats }) => seats.map((seat) => seat.agent))];
  const identity = identityOf(options, setting, { agent, agents, model, configFile, dataset });
  const name =
    options.runName ??
    generateName({
      setting: setting.name,
      agentShort: shortOf(agent, definition),
      backend,
      subset: options.subset,
      repo: options.repo,
      taskId: options.taskId,
      features: options.features,
      identity,
    });
  return {
    name: checkName(name),
    runDir: join(resolve(options.logsDir ?? runDefaults.logsDir), name),
    setting,
    agent,
    model,
    backend,
    messaging,
    git: setting.cooperative && (options.gitEnabled ?? false),
    bus,
    configFile,
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

/** Every task broken: say how, rather than that nothing matches. */
function refuseBroken({ directory, tasks, broken }: Dataset): void {
  if (tasks.length > 0) return;
  const reasons = broken.map(({ repo, task, reason }) => `${repo}/${task}: ${reason}`);
  throw new ConfigError('DATASET_BROKEN', `No task of ${directory} can be used:\n  ${reasons.join('\n  ')}`);
}

function settingOf(name: string): Setting {
  const setting = settings[name];
  if (setting) return setting;
  throw new ConfigError('UNKNOWN_SETTING', `There is no setting "${name}".`, {
    hint: suggest(name, Object.keys(settings)),
    about: name,
  });
}

type Choices = { agent: string; model: string; backend: string; seats: NonNullable<RunOptions['seats']> };

function choose(seat: SeatPlan, { agent, model, backend, seats }: Choices): SeatChoice {
  const own = seats[seat.seat];
  return {
    ...seat,
    agent: own?.agent ?? agent,
    model: own?.model ?? model,
    backend: own?.backend ?? backend,
  };
}

function checkSeatNames(registry: Registry, seats: NonNullable<RunOptions['seats']>): void {
  for (const { agent, backend } of Object.values(seats)) {
    if (agent !== undefined) registry.get('agents', agent);
    if (backend !== undefined) registry.get('backends', backend);
  }
}

function checkSeats(trials: readonly PlannedTrial[], seats: NonNullable<RunOptions['seats']>): void {
  const known = [...new Set(trials.flatMap((trial) => trial.seats.map((seat) => seat.seat)))];
  for (const seat of Object.keys(seats)) {
    if (!known.includes(seat))
      throw new ConfigError('UNKNOWN_SEAT', `No trial has a seat "${seat}".`, {
        hint: suggest(seat, known),
        about: seat,
      });
  }
}

function identityOf(
  options: RunOptions,
  setting: Setting,
  known: {
    agent: string;
    agents: readonly string[];
    model: string;
    configFile: string | undefined;
    dataset: Dataset;
  },
): Identity {
  const seats = Object.entries(options.seats ?? {}).flatMap(([seat, { agent, model }]) =>
    agent || model ? [[seat, { agent, model }] as const] : [],
  );
  const agentOptions = told(options.agentOptions, known.agents);
  return {
    agent: known.agent,
    model: known.model,
    seats: seats.length > 0 ? Object.fromEntries(seats.sort()) : null,
    max_cost: options.maxCostUsd ?? runDefaults.maxCostUsd,
    max_steps: options.maxSteps ?? runDefaults.maxSteps,
    timeout_seconds: (options.timeoutMs ?? runDefaults.timeoutMs) / 1000,
    messaging: setting.cooperative ? (options.messagingEnabled ?? true) : null,
    git: setting.cooperative ? (options.gitEnabled ?? false) : null,
    base_url: maskSecrets(options.baseUrl ?? null) as string | null,
    agent_config: known.configFile === undefined ? null : hashOfFile(known.configFile),
    agent_options: Object.keys(agentOptions).length > 0 ? agentOptions : null,
    dataset_revision: datasetRevision(known.dataset.tasks),
  };
}

function hashOfFile(path: string): string {
  try {
    return sha256(readFileSync(path));
  } catch (error) {
    throw new ConfigError(
      'AGENT_CONFIG',
      `The agent configuration ${path} cannot be read: ${messageOf(error)}`,
      { hint: 'Check --agent-config.', about: path },
    );
  }
}

/** `mini_swe_agent` is `msa`; a name of one word stays. */
function shortOf(name: string, definition: AgentDefinition): string {
  const words = name.split('_').filter(Boolean);
  return definition.short ?? (words.length > 1 ? words.map((word) => word[0]).join('') : name);
}
