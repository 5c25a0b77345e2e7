import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError, type FeatureOfTask, type GoldenRun, getMessage } from '@cooperbench/core';
import { jobRunner } from '@cooperbench/core/host';
import { discover, type RunHost, runDefaults } from '@cooperbench/runs';
import {
  buildEvaluationBackend,
  buildEvaluationRequest,
  checkOptionValues,
  type DatasetOptions,
  getReferencePath,
  noticeBroken,
  openRunEvents,
  readReference,
  runGolden,
  Services,
  selectFeatures,
  withEvalNetwork,
  writeReference,
} from '@cooperbench/runs/dataset-services';

/** Options of `dataset validate`. */
export interface ValidateDatasetOptions extends DatasetOptions {
  /** Validates only these features of the selected tasks. */
  readonly features?: readonly number[] | undefined;
}

/** The outcome of validating one feature. */
export interface ValidatedFeature {
  readonly repo: string;
  readonly task_id: number;
  readonly feature: number;
  /** `current`: it has a valid reference already. `failed`: its golden patch does not pass, or tests pass without it that may not. `error`: infrastructure failed. */
  readonly state: 'written' | 'current' | 'failed' | 'error';
  /** How many tests the golden patch passes. It is null if it does not pass. */
  readonly count: number | null;
  /** Whether the reference has the tests' names. */
  readonly by_name: boolean | null;
  /** Names that only one of two runs had. They are not in the reference. */
  readonly unstable: readonly string[];
  /** Names of tests that the golden patch itself defines. They are not in the reference. */
  readonly of_patch: readonly string[];
  /** Names of hidden tests that pass without the feature. It is empty when all do: `error` names them. */
  readonly pass_without: readonly string[];
  readonly error: string | null;
}

/**
 * Tests each feature's golden patch and writes the tests that pass as the feature's reference, as soon as they are known.
 * Keeps current references unless `force` is set. A feature that fails does not stop the others.
 * @throws ConfigError when the options do not allow a validation.
 */
export async function validateDataset(
  host: RunHost,
  options: ValidateDatasetOptions,
): Promise<readonly ValidatedFeature[]> {
  checkOptionValues(options);
  const { registry } = host;
  const { signal, concurrency } = options;
  const events = openRunEvents(host, options);
  const dataset = discover(options.datasetDir ?? runDefaults.datasetDir, options);
  const targets = selectFeatures(dataset, options).map(({ task, feature }) => ({
    task: withEvalNetwork(task, options.evalNetwork),
    feature,
  }));
  noticeBroken(dataset, options, events);
  const validated: ValidatedFeature[] = [];
  const getPosition = ({ repo, task_id, feature }: ValidatedFeature): number =>
    targets.findIndex(
      ({ task, feature: id }) => task.repo === repo && task.taskId === task_id && id === feature,
    );
  const pending: FeatureOfTask[] = [];
  for (const target of targets) {
    const storedReference = await readReference(target.task, target.feature);
    if (storedReference.state !== 'current' || options.force) pending.push(target);
    else validated.push({ ...buildOutcome(target, 'current'), ...buildFigures(storedReference.reference) });
  }
  for (const { task, feature } of pending) await refuseUnwritable(dirname(getReferencePath(task, feature)));
  await using services = new Services(host, options, events);
  const name = registry.nameOrDefault('backends', options.backend);
  const tasks = pending.map(({ task }) => task);
  const request = buildEvaluationRequest(tasks, false);
  const backend = pending.length > 0 ? await services.backend(name, request) : undefined;
  events.emit({
    type: 'validation_started',
    features: pending.length,
    current: validated.length,
    backend: name,
  });
  if (backend) {
    const title = registry.title('backends', name);
    const networks = tasks.map(({ network = 'open' }) => network);
    const connect = await services.connectRegistries(networks, options.registries ?? []);
    const runJobs = jobRunner(buildEvaluationBackend(backend, title, tasks, connect, events), title, {
      concurrency,
      signal,
      onNotice: events.notice,
    });
    const judge = await services.evaluator({});
    for await (const golden of runGolden(judge, pending, { runJobs, signal }, services.closing)) {
      const feature = await recordGolden(golden.target, golden);
      validated.push(feature);
      const { repo, task_id, ...figures } = feature;
      events.emit({ type: 'validated', task: `${repo}/${task_id}`, ...figures });
    }
  }
  signal?.throwIfAborted();
  validated.sort((left, right) => getPosition(left) - getPosition(right));
  const countState = (state: ValidatedFeature['state']): number =>
    validated.filter((validatedFeature) => validatedFeature.state === state).length;
  events.emit({
    type: 'validation_finished',
    written: countState('written'),
    current: countState('current'),
    failed: countState('failed'),
    errors: countState('error'),
  });
  return validated;
}

async function refuseUnwritable(directory: string): Promise<void> {
  await access(directory, constants.W_OK).catch((error: unknown) => {
    throw createUnwritableError(directory, error);
  });
}

function createUnwritableError(directory: string, cause: unknown): ConfigError {
  return new ConfigError(
    'DATASET_UNWRITABLE',
    `No reference can be written to ${directory}: ${getMessage(cause)}`,
    {
      hint: 'References are stored in the dataset. Free some space, or name a writable copy of the dataset with --dataset-dir.',
      cause,
    },
  );
}

/** Writes the reference of a golden patch that passes. */
async function recordGolden(
  target: FeatureOfTask,
  { outcome: golden }: GoldenRun,
): Promise<ValidatedFeature> {
  if ('failed' in golden)
    return { ...buildOutcome(target, golden.isInfrastructure ? 'error' : 'failed'), error: golden.failed };
  const { reference, unstable, ofPatch, passWithout = [] } = golden;
  const unexpectedPasses = passWithout.filter(
    (name) => target.task.regressionTests?.includes(name) === false,
  );
  if (unexpectedPasses.length > 0)
    return {
      ...buildOutcome(target, 'failed'),
      pass_without: passWithout,
      error: `hidden tests pass without the feature: ${getFirst(unexpectedPasses, 5)}; regression_tests of task.json names those that may`,
    };
  await writeReference(target.task, target.feature, reference).catch((error: unknown) => {
    throw createUnwritableError(dirname(getReferencePath(target.task, target.feature)), error);
  });
  return {
    ...buildOutcome(target, 'written'),
    ...buildFigures(reference),
    unstable,
    of_patch: ofPatch,
    pass_without: passWithout,
  };
}

function getFirst(names: readonly string[], maxNames: number): string {
  const first = names.slice(0, maxNames).join(', ');
  return names.length > maxNames ? `${first} and ${names.length - maxNames} more` : first;
}

function buildOutcome({ task, feature }: FeatureOfTask, state: ValidatedFeature['state']): ValidatedFeature {
  const { repo, taskId: task_id } = task;
  return {
    repo,
    task_id,
    feature,
    state,
    count: null,
    by_name: null,
    unstable: [],
    of_patch: [],
    pass_without: [],
    error: null,
  };
}

function buildFigures({
  count,
  tests,
}: {
  readonly count: number;
  readonly tests: readonly string[] | null;
}): {
  count: number;
  by_name: boolean;
} {
  return { count, by_name: tests !== null };
}
