import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withTimeout } from '@cooperbench/core/deadline';
import { ConfigError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import type { RunEvent } from '@cooperbench/records';
import type { EvaluateOptions, RunOptions } from '@cooperbench/runs';
import { defaultNames } from '../plugins/known-names.ts';
import { checkBackend } from './check-backend.ts';

/** Tried in this order when nobody names a backend. */
const candidates = ['modal', 'docker', 'local'] as const;
/** How long Docker and this machine may take to answer. */
const timeoutMs = 10_000;

/** What a command hands to this module besides its options. */
export interface ChoosingTools {
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
}

/** What sandboxes are needed for. */
export interface NeededSandboxes extends Pick<RunOptions, 'backendOptions' | 'unisolated'> {
  readonly taskDirs: readonly string[];
  readonly untrusted: boolean;
}

/** The tasks that a command works on. */
export type DatasetOptions = Pick<
  RunOptions,
  'subset' | 'repo' | 'taskId' | 'datasetDir' | 'imagePattern' | 'backendOptions' | 'unisolated'
>;

/**
 * The options with a backend. One that nobody has named is the one that the run recorded when it began, or else the first that
 * is ready. @throws ConfigError `NO_BACKEND`, and the errors of `planRun`.
 */
export async function withRunBackend(
  registry: Registry,
  options: RunOptions,
  tools: ChoosingTools,
): Promise<RunOptions> {
  if (options.backend !== undefined) return options;
  const { planRun } = await import('@cooperbench/runs');
  // The name of a run must not depend on what is ready today, so it has no backend.
  const installed = candidates.find((name) => hasBackend(registry, name));
  const unnamed = hasBackend(registry, defaultNames.backends) ? defaultNames.backends : installed;
  const { name: runName, runDir, trials } = planRun(registry, { ...options, backend: unnamed });
  const recorded = await recordedBackend(runDir);
  if (recorded !== undefined) return { ...options, runName, backend: recorded };
  const untrusted = trials.some(({ seats }) =>
    seats.some(({ agent, model }) => registry.get('agents', agent).untrusted?.(model) ?? true),
  );
  const taskDirs = trials.map(({ featureSet }) => featureSet.task.directory);
  const backend = await firstReadyBackend(registry, { ...options, taskDirs, untrusted }, tools);
  return { ...options, runName, backend };
}

/** Like `withRunBackend`, for the evaluation of a run. */
export async function withEvaluationBackend(
  registry: Registry,
  options: EvaluateOptions,
  tools: ChoosingTools,
): Promise<EvaluateOptions> {
  if (options.backend !== undefined || options.defaultBackend !== undefined) return options;
  const { existingRun } = await import('@cooperbench/records');
  const { runDefaults } = await import('@cooperbench/runs');
  const runDir = await existingRun(options.logsDir ?? runDefaults.logsDir, options.runName);
  if ((await recordedBackend(runDir)) !== undefined) return options;
  return { ...options, defaultBackend: await datasetBackend(registry, options, tools) };
}

/** Names the backend of a command that tests the tasks of a dataset and names none. @throws ConfigError `NO_BACKEND`. */
export async function datasetBackend(
  registry: Registry,
  options: DatasetOptions,
  tools: ChoosingTools,
): Promise<string> {
  const { discover, runDefaults, select } = await import('@cooperbench/runs');
  const { subset, repo, taskId, datasetDir = runDefaults.datasetDir, imagePattern } = options;
  const chosen = select(discover(datasetDir, { imagePattern }), { subset, repo, taskId });
  const taskDirs = chosen.map(({ task }) => task.directory);
  return firstReadyBackend(registry, { ...options, taskDirs, untrusted: true }, tools);
}

/** The backend that a run has recorded. Undefined: none, or there is no such run. */
export async function recordedBackend(runDir: string): Promise<string | undefined> {
  const { configShape, readRecord } = await import('@cooperbench/records');
  const config = await readRecord<{ backend?: string }>(join(runDir, 'config.json'), configShape);
  return config.state === 'read' ? config.value.backend : undefined;
}

/** Names the first backend that is ready, and says why in an event. @throws ConfigError `NO_BACKEND`. */
export async function firstReadyBackend(
  registry: Registry,
  needed: NeededSandboxes,
  { signal, onEvent }: ChoosingTools,
): Promise<string> {
  const faults = {
    modal: async () =>
      hasModalToken(process.env) ? undefined : 'no token is configured; cooperbench config modal says how',
    docker: () => preflightFault(registry, 'docker', needed, signal),
    local: async () =>
      missingSetup(needed.taskDirs) ?? (await preflightFault(registry, 'local', needed, signal)),
  };
  const lacking = await Promise.all(
    candidates.map(async (name) =>
      hasBackend(registry, name) ? await faults[name]() : 'it is not installed',
    ),
  );
  signal.throwIfAborted();
  const index = lacking.indexOf(undefined);
  const reasons = candidates.map((name, at) => `${name}: ${lacking[at]}`);
  const chosen = candidates[index];
  if (chosen === undefined)
    throw new ConfigError('NO_BACKEND', `No backend is named, and none is ready.\n${reasons.join('\n')}`, {
      hint: 'Make one of them ready, or name another with --backend.',
    });
  const others = index === 0 ? '' : ` (${reasons.slice(0, index).join('. ')})`;
  const ready = {
    modal: 'a token is configured',
    docker: 'a daemon answers',
    local: 'bubblewrap or a trusted agent',
  };
  const text = `The backend is ${chosen}, the first that is ready: ${ready[chosen]}${others}. --backend names another.`;
  onEvent({ type: 'notice', level: 'info', text, time: new Date().toISOString() });
  return chosen;
}

function hasBackend(registry: Registry, name: string): boolean {
  return registry.list('backends').some((one) => one.name === name);
}

/** Where Modal's SDK looks for a token. Nobody is asked whether it is valid. */
function hasModalToken({
  MODAL_TOKEN_ID,
  MODAL_TOKEN_SECRET,
  MODAL_CONFIG_PATH,
}: NodeJS.ProcessEnv): boolean {
  if (MODAL_TOKEN_ID && MODAL_TOKEN_SECRET) return true;
  try {
    return /^\s*token_id\s*=/m.test(
      readFileSync(MODAL_CONFIG_PATH ?? join(homedir(), '.modal.toml'), 'utf8'),
    );
  } catch {
    return false;
  }
}

/** The first line of why a backend cannot be used. Undefined: it can. */
async function preflightFault(
  registry: Registry,
  name: string,
  { backendOptions, unisolated, untrusted }: NeededSandboxes,
  signal: AbortSignal,
): Promise<string | undefined> {
  const own = backendOptions?.[name] as object | undefined;
  const options = name === 'local' && unisolated ? { ...own, unisolated } : own;
  const late = (): Error => new Error(`it does not answer within ${timeoutMs / 1000} s`);
  try {
    await withTimeout(
      timeoutMs,
      (stop) => checkBackend(registry, name, options, stop, untrusted),
      late,
      signal,
    );
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return (error as Error).message.split('\n')[0];
  }
}

function missingSetup(taskDirs: readonly string[]): string | undefined {
  const lacking = [...new Set(taskDirs)].filter((directory) => !existsSync(join(directory, 'setup.sh')));
  const [first] = lacking;
  if (first === undefined) return undefined;
  return `it uses no images, and ${lacking.length === 1 ? 'a task has' : `${lacking.length} tasks have`} no setup.sh, such as ${first}`;
}
