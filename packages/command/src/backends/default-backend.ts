import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withTimeout } from '@cooperbench/core/deadline';
import { ConfigError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import type { ConfigFile, RunEvent } from '@cooperbench/records';
import type { EvaluateOptions, RunOptions } from '@cooperbench/runs';
import { defaultNames } from '../plugins/known-names.ts';
import { checkBackend } from './check-backend.ts';

/** Tried in this order when nobody names a backend. */
const candidates = ['modal', 'docker', 'local'] as const;
/** How long Docker and this machine may take to answer. */
const timeoutMs = 10_000;

/** The arguments of this module besides the command's options. */
export interface ChoosingTools {
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
}

/** The purpose of the sandboxes. */
export interface NeededSandboxes extends Pick<RunOptions, 'backendOptions' | 'unisolated'> {
  readonly taskDirs: readonly string[];
  readonly untrusted: boolean;
}

/** A backend that nobody has named. */
export interface ChosenBackend {
  readonly backend: string;
  /** Why this one. It is undefined if the user named it. */
  readonly backendReason?: string | undefined;
}

/** The tasks that a command works on. */
export type DatasetOptions = Pick<
  RunOptions,
  'subset' | 'repo' | 'taskId' | 'datasetDir' | 'imagePattern' | 'backendOptions' | 'unisolated'
>;

/**
 * Returns the options with a backend. One that nobody has named is the one that the run recorded when it began, or else the
 * first that is ready. @throws ConfigError `NO_BACKEND`, and the errors of `planRun`.
 */
export async function withRunBackend(
  registry: Registry,
  options: RunOptions,
  tools: ChoosingTools,
): Promise<RunOptions> {
  const [optionsWithBackend = options] = await withRunBackends(registry, [options], tools);
  return optionsWithBackend;
}

/**
 * Like `withRunBackend`, for runs that are to be compared: those that name no backend get the same one. What earlier runs of them
 * have recorded may not do for those that begin now.
 */
export async function withRunBackends(
  registry: Registry,
  runs: readonly RunOptions[],
  tools: ChoosingTools,
): Promise<readonly RunOptions[]> {
  const [first] = runs.filter(({ backend }) => backend === undefined);
  if (first === undefined) return runs;
  const { planRun } = await import('@cooperbench/runs');
  // The name of a run must not depend on what is ready today, so it has no backend.
  const installed = candidates.find((name) => hasBackend(registry, name));
  const unnamed = hasBackend(registry, defaultNames.backends) ? defaultNames.backends : installed;
  const plans = await Promise.all(
    runs.map(async (options) => {
      if (options.backend !== undefined) return { options };
      const plan = planRun(registry, { ...options, backend: unnamed });
      return { options, plan, recorded: await readRecordedBackend(plan.runDir) };
    }),
  );
  const waitingPlans = plans.filter(({ plan, recorded }) => plan && !recorded);
  const trials = waitingPlans.flatMap(({ plan }) => plan?.trials ?? []);
  const neededSandboxes = {
    ...first,
    taskDirs: trials.map(({ featureSet }) => featureSet.task.directory),
    untrusted: trials.some(({ seats }) =>
      seats.some(({ agent, model }) => registry.get('agents', agent).untrusted?.(model) ?? true),
    ),
  };
  const earlierBackend = plans.find(({ recorded }) => recorded?.backendReason !== undefined)?.recorded;
  const chosenBackend =
    waitingPlans.length === 0
      ? undefined
      : await chooseReadyBackend(registry, earlierBackend, neededSandboxes, tools);
  return plans.map(({ options, plan, recorded = chosenBackend }) =>
    plan && recorded ? { ...options, runName: plan.name, ...recorded } : options,
  );
}

async function chooseReadyBackend(
  registry: Registry,
  earlierBackend: ChosenBackend | undefined,
  neededSandboxes: NeededSandboxes,
  tools: ChoosingTools,
): Promise<ChosenBackend> {
  if (
    earlierBackend &&
    (await findFault(registry, earlierBackend.backend, neededSandboxes, tools.signal)) === undefined
  )
    return earlierBackend;
  return findFirstReadyBackend(registry, neededSandboxes, tools);
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
  if ((await readRecordedBackend(runDir)) !== undefined) return options;
  const { backend } = await chooseDatasetBackend(registry, options, tools);
  return { ...options, defaultBackend: backend };
}

/** Chooses the backend of a command that tests the tasks of a dataset and names none. @throws ConfigError `NO_BACKEND`. */
export async function chooseDatasetBackend(
  registry: Registry,
  options: DatasetOptions,
  tools: ChoosingTools,
): Promise<ChosenBackend> {
  const { discover, runDefaults, select } = await import('@cooperbench/runs');
  const { subset, repo, taskId, datasetDir = runDefaults.datasetDir, imagePattern } = options;
  const featureSets = select(discover(datasetDir, { imagePattern }), { subset, repo, taskId });
  const taskDirs = featureSets.map(({ task }) => task.directory);
  return findFirstReadyBackend(registry, { ...options, taskDirs, untrusted: true }, tools);
}

/** Reads the backend that a run has recorded. Returns undefined if none, or there is no such run. */
async function readRecordedBackend(runDir: string): Promise<ChosenBackend | undefined> {
  const { configShape, readRecord } = await import('@cooperbench/records');
  const config = await readRecord<Partial<ConfigFile>>(join(runDir, 'config.json'), configShape);
  if (config.state !== 'read' || config.value.backend === undefined) return undefined;
  const { backend, backend_reason: backendReason } = config.value;
  return { backend, backendReason };
}

/** Finds the first backend that is ready, and says why in an event. @throws ConfigError `NO_BACKEND`. */
export async function findFirstReadyBackend(
  registry: Registry,
  neededSandboxes: NeededSandboxes,
  { signal, onEvent }: ChoosingTools,
): Promise<ChosenBackend> {
  const lacking = await Promise.all(
    candidates.map((name) => findFault(registry, name, neededSandboxes, signal)),
  );
  signal.throwIfAborted();
  const index = lacking.indexOf(undefined);
  const reasons = candidates.map((name, at) => `${name}: ${lacking[at]}`);
  const candidate = candidates[index];
  if (candidate === undefined)
    throw new ConfigError('NO_BACKEND', `No backend is named, and none is ready.\n${reasons.join('\n')}`, {
      hint: 'Make one of them ready, or name another with --backend.',
    });
  const reasonsText = index === 0 ? '' : ` (${reasons.slice(0, index).join('. ')})`;
  const ready = {
    modal: 'a token is configured',
    docker: 'a daemon answers',
    local: 'bubblewrap or a trusted agent',
  };
  const backendReason = `the first that is ready: ${ready[candidate]}${reasonsText}`;
  const text = `The backend is ${candidate}, ${backendReason}. --backend names another.`;
  onEvent({ type: 'notice', level: 'info', text, time: new Date().toISOString() });
  return { backend: candidate, backendReason };
}

/** Finds why a backend cannot be used. Returns undefined if it can. */
async function findFault(
  registry: Registry,
  name: string,
  neededSandboxes: NeededSandboxes,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!hasBackend(registry, name)) return 'it is not installed';
  if (name === 'modal')
    return hasModalToken(process.env)
      ? undefined
      : 'no token is configured; cooperbench config modal says how';
  const lacking = name === 'local' ? findMissingSetup(neededSandboxes.taskDirs) : undefined;
  return lacking ?? (await findPreflightFault(registry, name, neededSandboxes, signal));
}

function hasBackend(registry: Registry, name: string): boolean {
  return registry.list('backends').some((backend) => backend.name === name);
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

/** Finds the first line of why a backend cannot be used. Returns undefined if it can. */
async function findPreflightFault(
  registry: Registry,
  name: string,
  { backendOptions, unisolated, untrusted }: NeededSandboxes,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ownOptions = backendOptions?.[name] as object | undefined;
  const options = name === 'local' && unisolated ? { ...ownOptions, unisolated } : ownOptions;
  const createTimeoutError = (): Error => new Error(`it does not answer within ${timeoutMs / 1000} s`);
  try {
    await withTimeout(
      timeoutMs,
      (stop) => checkBackend(registry, name, options, stop, untrusted),
      createTimeoutError,
      signal,
    );
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return (error as Error).message.split('\n')[0];
  }
}

function findMissingSetup(taskDirs: readonly string[]): string | undefined {
  const lacking = [...new Set(taskDirs)].filter((directory) => !existsSync(join(directory, 'setup.sh')));
  const [first] = lacking;
  if (first === undefined) return undefined;
  return `it uses no images, and ${lacking.length === 1 ? 'a task has' : `${lacking.length} tasks have`} no setup.sh, such as ${first}`;
}
