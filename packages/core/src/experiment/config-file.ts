import { join } from 'node:path';
import { ConfigError, messageOf } from '../contracts/errors.ts';
import { datasetSource } from '../dataset/source.ts';
import { writeJson } from '../records/atomic.ts';
import { keepAside, readJson } from '../records/read-json.ts';
import { readTrials } from '../records/read-trials.ts';
import type { ConfigFile } from '../records/run-files.ts';
import { differences } from './identity.ts';
import type { RunOptions } from './options.ts';
import type { RunPlan } from './plan.ts';
import { recordedOptions } from './recorded-options.ts';

/**
 * Records what identifies the run, next to what its other settings recorded. @throws ConfigError `RUN_DIFFERS` when the
 * directory has results of this setting with other options, `LOG_DIR_UNWRITABLE` when it is not writable.
 */
export async function recordConfig(
  plan: RunPlan,
  options: RunOptions,
  more: { readonly concurrency: number; readonly versions: Record<string, string> },
): Promise<void> {
  const path = join(plan.runDir, 'config.json');
  const file = await readJson<ConfigFile>(path);
  if (file.state === 'broken') await keepAside(path);
  const before = file.state === 'read' && file.value.settings ? file.value : undefined;
  const recorded = before?.settings[plan.setting.name];
  const differing = recorded ? differences(recorded.identity, { ...plan.identity }) : [];
  if (differing.length > 0 && !options.force && (await hasResults(plan))) {
    throw new ConfigError(
      'RUN_DIFFERS',
      `${plan.runDir} has ${plan.setting.name} results with other options:\n  ${differing.join('\n  ')}`,
      {
        hint: 'Give this run another name, or run everything again with --force.',
      },
    );
  }
  const source = await datasetSource(plan.dataset.directory);
  const config: ConfigFile = {
    schema_version: 1,
    run_name: plan.name,
    created_at: before?.created_at ?? new Date().toISOString(),
    settings: {
      ...before?.settings,
      [plan.setting.name]: { hash: plan.configHash, identity: { ...plan.identity } },
    },
    backend: plan.backend,
    concurrency: more.concurrency,
    options: optionsOf(plan, options),
    ...(options.origin ? { origin: options.origin } : {}),
    dataset: {
      directory: plan.dataset.directory,
      revision: plan.identity.dataset_revision,
      ...(source ? { source } : {}),
    },
    versions: more.versions,
  };
  try {
    await writeJson(path, config);
  } catch (error) {
    throw unwritable(plan.runDir, error);
  }
}

/** A command that ended before its first result leaves a record without results, which a new command may replace. */
async function hasResults({ runDir, setting }: RunPlan): Promise<boolean> {
  const trials = await readTrials(runDir);
  return trials.some((trial) => trial.setting === setting.name);
}

/** The options of what this run uses. */
function optionsOf(plan: RunPlan, options: RunOptions): ConfigFile['options'] {
  const seats = plan.trials.flatMap((trial) => trial.seats);
  return {
    settings: recordedOptions(options.settingOptions, [plan.setting.name]),
    channels: recordedOptions(options.channelOptions, plan.channels),
    backends: recordedOptions(options.backendOptions, [plan.backend, ...seats.map(({ backend }) => backend)]),
    buses: recordedOptions(options.busOptions, plan.bus === undefined ? [] : [plan.bus]),
    agents: recordedOptions(options.agentOptions, [plan.agent, ...seats.map(({ agent }) => agent)]),
  };
}

/** The error for a directory that is not writable. */
export function unwritable(directory: string, cause: unknown): ConfigError {
  return new ConfigError(
    'LOG_DIR_UNWRITABLE',
    `Nothing can be written to ${directory}: ${messageOf(cause)}`,
    {
      hint: 'Free some space or name another directory with --log-dir.',
      cause,
    },
  );
}
