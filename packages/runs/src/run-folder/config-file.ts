import { join } from 'node:path';
import { ConfigError, type NetworkPolicy } from '@cooperbench/core';
import { maskSecretText } from '@cooperbench/core/host';
import {
  type ConfigFile,
  configShape,
  type JsonFile,
  keepAside,
  readRecord,
  readTrials,
  type StoredTrial,
  writeJson,
} from '@cooperbench/records';
import { findDatasetSource } from '../dataset/source.ts';
import { listDifferences } from '../options/identity.ts';
import { type RunOptions, runDefaults } from '../options/options.ts';
import { findNamedSeats } from '../options/planned-seats.ts';
import { buildRecordedOptions } from '../options/recorded-options.ts';
import type { RunPlan } from '../plan/plan.ts';
import type { EventStream } from '../trial/event-stream.ts';
import { runFirstWrites } from './log-dir.ts';

/**
 * Writes config.json. Keeps the entries of the run's other settings. Resolves with the `config_hash` for results of this
 * setting. @throws ConfigError `RUN_DIFFERS` when the directory has results of this setting with other options,
 * `LOG_DIR_UNWRITABLE` when it is not writable.
 */
export async function recordConfig(
  plan: RunPlan,
  options: RunOptions,
  facts: { readonly concurrency: number; readonly versions: Record<string, string> },
  events: EventStream,
): Promise<string> {
  const path = join(plan.runDir, 'config.json');
  const { file, before, hash, same } = await readMatchingConfig(plan, options.force ?? false);
  if (file.state === 'broken' || file.state === 'unusable') {
    const asidePath = await runFirstWrites(plan.runDir, () => keepAside(path));
    events.notice(
      `${path} is broken (${file.reason}). It is kept as ${asidePath} and written again.`,
      'warning',
    );
  }
  const source = await findDatasetSource(plan.dataset.directory);
  const evaluator = buildRecordedEvaluator(options, before);
  const config: ConfigFile = {
    schema_version: 1,
    run_name: plan.name,
    created_at: before?.created_at ?? events.now().toISOString(),
    settings: {
      ...before?.settings,
      [plan.setting.name]: {
        hash,
        identity: {
          ...plan.identity,
          agent: plan.identity.agent ?? same?.identity.agent ?? null,
          model: plan.identity.model ?? same?.identity.model ?? null,
        },
        seats: { ...same?.seats, ...findSeatsByName(plan) },
        ...findAgentConfigs(plan.configs),
      },
    },
    backend: plan.backend,
    ...(options.backendReason !== undefined && { backend_reason: options.backendReason }),
    evaluator: evaluator.evaluator,
    merge_policy: formatRecordedMergePolicy(options, before, plan.setting.mergePolicy),
    eval_network: chooseEvalNetwork(options, before) ?? null,
    registries: listRegistries(options, before),
    concurrency: facts.concurrency,
    options: findRecordedPluginOptions(plan, { ...options, ...evaluator }),
    ...(options.origin ? { origin: options.origin } : {}),
    dataset: {
      directory: plan.dataset.directory,
      revision: plan.identity.dataset_revision,
      ...(source ? { source } : {}),
    },
    versions: facts.versions,
  };
  await runFirstWrites(plan.runDir, () => writeJson(path, config));
  return hash;
}

/**
 * Reads the config.json of a run's directory and checks that its results come from the options of this plan. Changes nothing.
 * `hash` is the `config_hash` for results of this setting. @throws ConfigError `RUN_DIFFERS`.
 */
export async function readMatchingConfig(
  plan: RunPlan,
  force: boolean,
): Promise<{
  readonly file: JsonFile<ConfigFile>;
  readonly before: ConfigFile | undefined;
  readonly hash: string;
  /** What config.json has for a run with the same options. It is undefined if it has nothing. */
  readonly same: ConfigFile['settings'][string] | undefined;
}> {
  const file = await readRecord<ConfigFile>(join(plan.runDir, 'config.json'), configShape);
  const previousConfig = file.state === 'read' && file.value.settings ? file.value : undefined;
  const recordedSetting = previousConfig?.settings[plan.setting.name];
  const differing = recordedSetting ? listDifferences(recordedSetting.identity, { ...plan.identity }) : [];
  // A new release may add a key to the identity, which changes the hash of the same options. So the recorded hash stays.
  const hash =
    recordedSetting && differing.length === 0 ? (recordedSetting.hash ?? plan.configHash) : plan.configHash;
  await refuseOthers(plan, force, differing, new Set([hash, plan.configHash]));
  return { file, before: previousConfig, hash, same: differing.length === 0 ? recordedSetting : undefined };
}

function findSeatsByName({ trials }: RunPlan): ConfigFile['settings'][string]['seats'] {
  return Object.fromEntries(findNamedSeats(trials).map(({ seat, agent, model }) => [seat, { agent, model }]));
}

/**
 * Formats the policy under which a run is evaluated: the user's, or else the one that the run recorded, or else its setting's.
 */
export function formatRecordedMergePolicy(
  { mergePolicy }: Pick<RunOptions, 'mergePolicy'>,
  configFile: Partial<ConfigFile> | undefined,
  ofSetting: string = runDefaults.mergePolicy,
): string {
  return mergePolicy ?? configFile?.merge_policy ?? ofSetting;
}

/**
 * Builds the evaluator of a run and the options of evaluators: the user's, or else those that the run recorded. Recorded
 * options with a secret are not used again, because the record does not have it.
 */
export function buildRecordedEvaluator(
  { evaluator, evaluatorOptions }: Pick<RunOptions, 'evaluator' | 'evaluatorOptions'>,
  configFile: Partial<ConfigFile> | undefined,
): { readonly evaluator: string; readonly evaluatorOptions: Readonly<Record<string, unknown>> } {
  const name = evaluator ?? configFile?.evaluator ?? runDefaults.evaluator;
  const recordedOptions = configFile?.options?.evaluators?.[name];
  const keptText = JSON.stringify(recordedOptions)?.includes('***') ? undefined : recordedOptions;
  return {
    evaluator: name,
    evaluatorOptions: { ...(keptText !== undefined && { [name]: keptText }), ...evaluatorOptions },
  };
}

/**
 * Chooses the network under which a run is evaluated: the user's, or else the one that the run recorded. Returns undefined if
 * each task's own applies.
 */
export function chooseEvalNetwork(
  { evalNetwork }: Pick<RunOptions, 'evalNetwork'>,
  configFile: Partial<ConfigFile> | undefined,
): NetworkPolicy | undefined {
  return evalNetwork ?? configFile?.eval_network ?? undefined;
}

/** Lists the further hosts that `registries` reaches: the user's, or else those that the run recorded. */
export function listRegistries(
  { registries }: Pick<RunOptions, 'registries'>,
  configFile: Partial<ConfigFile> | undefined,
): readonly string[] {
  return [...new Set(registries ?? configFile?.registries ?? [])].sort();
}

/** Returns how a run is evaluated: what the user chose, or else what the config.json of its directory records. */
export async function readJudging(
  runDir: string,
  options: Pick<RunOptions, 'mergePolicy' | 'evalNetwork' | 'evaluator' | 'evaluatorOptions'>,
): Promise<
  { readonly mergePolicy: string; readonly evalNetwork: NetworkPolicy | undefined } & ReturnType<
    typeof buildRecordedEvaluator
  >
> {
  const file = await readRecord<ConfigFile>(join(runDir, 'config.json'), configShape);
  const configFile = file.state === 'read' ? file.value : undefined;
  return {
    ...buildRecordedEvaluator(options, configFile),
    mergePolicy: formatRecordedMergePolicy(options, configFile),
    evalNetwork: chooseEvalNetwork(options, configFile),
  };
}

function findAgentConfigs({ run, seats }: RunPlan['configs']): Partial<ConfigFile['settings'][string]> {
  const maskedSeats = Object.entries(seats).map(([seat, text]) => [seat, maskSecretText(text)] as const);
  return {
    ...(run !== undefined && { agent_config: maskSecretText(run) }),
    ...(maskedSeats.length > 0 && { seat_agent_configs: Object.fromEntries(maskedSeats) }),
  };
}

/**
 * Refuses to continue next to results with other options. `--force` replaces the results of the trials that it runs. Options
 * without results come from a command that ended before its first result, and any command may replace them.
 */
async function refuseOthers(
  { runDir, setting, trials }: RunPlan,
  force: boolean,
  differing: readonly string[],
  hashes: ReadonlySet<string>,
): Promise<void> {
  const replaced = new Set(force ? trials.map(({ id }) => id) : []);
  const staying = (await readTrials(runDir)).filter(
    (trial) => trial.setting === setting.name && !replaced.has(trial.id),
  );
  // Results of the Python original have no hash.
  const isOther = ({ result }: StoredTrial): boolean =>
    result?.config_hash !== undefined && !hashes.has(result.config_hash);
  const [first] = differing.length > 0 ? staying : staying.filter(isOther);
  if (!first) return;
  const reason =
    differing.length > 0
      ? `:\n  ${differing.join('\n  ')}`
      : `. config.json does not record them: ${join(first.directory, 'result.json')} has another config_hash.`;
  throw new ConfigError('RUN_DIFFERS', `${runDir} has ${setting.name} results with other options${reason}`, {
    hint: `Give this run another name, or run everything again with --force${force ? ', without filters and with as many repetitions as it has' : ''}.`,
  });
}

/** Finds the options of the plugins that this run uses. */
function findRecordedPluginOptions(plan: RunPlan, options: RunOptions): ConfigFile['options'] {
  const seats = plan.trials.flatMap((trial) => trial.seats);
  return {
    settings: buildRecordedOptions(options.settingOptions, [plan.setting.name]),
    channels: buildRecordedOptions(options.channelOptions, plan.channels),
    backends: buildRecordedOptions(options.backendOptions, [
      plan.backend,
      ...seats.map(({ backend }) => backend),
    ]),
    buses: buildRecordedOptions(options.busOptions, plan.bus === undefined ? [] : [plan.bus]),
    agents: buildRecordedOptions(
      options.agentOptions,
      seats.map(({ agent }) => agent),
    ),
    evaluators: buildRecordedOptions(options.evaluatorOptions, [options.evaluator ?? runDefaults.evaluator]),
  };
}
