// Past 250 lines: one command from its options to its summary.
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, messageOf } from '../contracts/errors.ts';
import type { EvaluationContext, Submission } from '../contracts/evaluator.ts';
import type { Job, JobReport, JobResult } from '../contracts/jobs.ts';
import { discover } from '../dataset/discover.ts';
import { readReference, referencePath, writeReference } from '../dataset/reference.ts';
import { type FeatureOfTask, selectFeatures } from '../dataset/select.ts';
import { goldenSubmission } from '../evaluation/control.ts';
import { jobsOf } from '../evaluation/jobs.ts';
import { judge } from '../evaluation/judge.ts';
import { countTests } from '../evaluation/parsers/index.ts';
import { runGroupedJobs } from '../evaluation/run-grouped-jobs.ts';
import { taskUnusable } from '../evaluation/task-unusable.ts';
import { lastLine, ranNoTest, whyFailed } from '../evaluation/test-result.ts';
import { testsOfPatch } from '../evaluation/tests-of-patch.ts';
import { jobRunner } from '../sandbox/run-jobs.ts';
import { checkOptionValues } from './check-option-values.ts';
import { evaluationBackend, evaluationRequest, withEvalNetwork } from './evaluation-network.ts';
import { noticeBroken, openEvents } from './experiment-events.ts';
import type { ExperimentHost } from './experiment-host.ts';
import { type DatasetOptions, runDefaults } from './options.ts';
import { Services } from './services.ts';

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
  /** `current`: it has a valid reference already. `failed`: its golden patch does not pass. `error`: infrastructure failed. */
  readonly state: 'written' | 'current' | 'failed' | 'error';
  /** How many tests the golden patch passes. Null: it does not pass. */
  readonly count: number | null;
  /** Whether the reference has the tests' names. */
  readonly by_name: boolean | null;
  /** Names that only one of two runs had. They are not in the reference. */
  readonly unstable: readonly string[];
  /** Names of tests that the golden patch itself defines. They are not in the reference. */
  readonly of_patch: readonly string[];
  readonly error: string | null;
}

/** Only a second run reveals a flaky test, or a name that differs from run to run. */
const runsOfEach = 2;

/**
 * Tests each feature's golden patch and writes the tests that pass as the feature's reference, as soon as they are known.
 * Keeps current references unless `force` is set. A feature that fails does not stop the others.
 * @throws ConfigError when the options do not allow a validation.
 */
export async function validateDataset(
  host: ExperimentHost,
  options: ValidateDatasetOptions,
): Promise<readonly ValidatedFeature[]> {
  checkOptionValues(options);
  const { registry } = host;
  const { signal, concurrency } = options;
  const events = openEvents(host, options);
  const dataset = discover(options.datasetDir ?? runDefaults.datasetDir, options);
  const chosen = selectFeatures(dataset, options).map(({ task, feature }) => ({
    task: withEvalNetwork(task, options.evalNetwork),
    feature,
  }));
  noticeBroken(dataset, events);
  const validated: ValidatedFeature[] = [];
  const positionOf = ({ repo, task_id, feature }: ValidatedFeature): number =>
    chosen.findIndex(
      ({ task, feature: id }) => task.repo === repo && task.taskId === task_id && id === feature,
    );
  const pending: FeatureOfTask[] = [];
  for (const target of chosen) {
    const stored = await readReference(target.task, target.feature);
    if (stored.state !== 'current' || options.force) pending.push(target);
    else validated.push({ ...outcome(target, 'current'), ...figures(stored.reference) });
  }
  for (const { task, feature } of pending) await refuseUnwritable(dirname(referencePath(task, feature)));
  await using services = new Services(host, options, events);
  const name = registry.nameOr('backends', options.backend);
  const tasks = pending.map(({ task }) => task);
  const request = evaluationRequest(tasks, false);
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
    const runJobs = jobRunner(evaluationBackend(backend, title, tasks, connect, events), title, {
      concurrency,
      signal,
      onNotice: events.notice,
    });
    for await (const one of validations(pending, { runJobs })) {
      validated.push(one);
      const { repo, task_id, ...figures } = one;
      events.emit({ type: 'validated', task: `${repo}/${task_id}`, ...figures });
    }
  }
  signal?.throwIfAborted();
  validated.sort((one, other) => positionOf(one) - positionOf(other));
  const total = (state: ValidatedFeature['state']): number =>
    validated.filter((one) => one.state === state).length;
  events.emit({
    type: 'validation_finished',
    written: total('written'),
    current: total('current'),
    failed: total('failed'),
    errors: total('error'),
  });
  return validated;
}

async function refuseUnwritable(directory: string): Promise<void> {
  await access(directory, constants.W_OK).catch((error: unknown) => {
    throw unwritable(directory, error);
  });
}

function unwritable(directory: string, cause: unknown): ConfigError {
  return new ConfigError(
    'DATASET_UNWRITABLE',
    `No reference can be written to ${directory}: ${messageOf(cause)}`,
    {
      hint: 'References are stored in the dataset. Free some space, or name a writable copy of the dataset with --dataset-dir.',
      cause,
    },
  );
}

async function* validations(
  features: readonly FeatureOfTask[],
  context: Pick<EvaluationContext, 'runJobs'>,
): AsyncGenerator<ValidatedFeature> {
  for await (const { item: target, ...ended } of runGroupedJobs(features, goldenJobs, context))
    yield 'results' in ended
      ? await validatedFeature(target, ended.results)
      : { ...outcome(target, 'failed'), error: messageOf(ended.error) };
}

/** The policy does not matter: there is one patch and nothing to merge. */
const evaluation = { policy: { name: 'strict', strategy: 'strict' }, runName: 'dataset validate' };

async function goldenJobs(target: FeatureOfTask): Promise<readonly Job[]> {
  const submission = await goldenSubmission(target);
  const runs = Array.from({ length: runsOfEach }, (_, run) => `${submission.id}@${run + 1}`);
  return (await Promise.all(runs.map((id) => jobsOf({ ...submission, id }, evaluation)))).flat();
}

async function validatedFeature(
  target: FeatureOfTask,
  results: readonly JobResult[],
): Promise<ValidatedFeature> {
  const faults = results.flatMap((result) => ('error' in result ? [result.error] : []));
  if (faults[0] !== undefined) return { ...outcome(target, 'error'), error: faults[0] };
  const reports = results as readonly JobReport[];
  const submission = await goldenSubmission(target);
  const failures = reports.flatMap((report) => failureOf(report, target, submission));
  if (failures[0]) {
    const always = failures.length === runsOfEach ? '' : `, in ${failures.length} of ${runsOfEach} runs`;
    return { ...outcome(target, failures[0].state), error: failures[0].why + always };
  }
  const runs = reports.flatMap((report) => {
    const step = report.steps?.get(`${target.feature}`);
    return step ? (countTests(Buffer.from(step.output).toString()) ?? []) : [];
  });
  const count = Math.min(...runs.map(({ passed }) => passed));
  const { common, others } = compareNames(runs.map(({ names }) => names));
  const named = common.length > 0 && runs.every(({ names, passed }) => names.length >= passed);
  const read = async (name: string): Promise<string> =>
    `${await readFile(join(target.task.directory, `feature${target.feature}`, name))}`;
  const ofPatch = named ? testsOfPatch(common, await read('feature.patch'), await read('tests.patch')) : [];
  const tests = named ? common.filter((name) => !ofPatch.includes(name)) : null;
  const reference = { count, tests, runner: runs[0]?.runner ?? '' };
  await writeReference(target.task, target.feature, reference).catch((error: unknown) => {
    throw unwritable(dirname(referencePath(target.task, target.feature)), error);
  });
  const leftOut = { unstable: named ? others : [], of_patch: ofPatch };
  return { ...outcome(target, 'written'), ...figures(reference), ...leftOut };
}

function failureOf(
  report: JobReport,
  { feature }: FeatureOfTask,
  golden: Submission,
): { readonly state: 'failed' | 'error'; readonly why: string }[] {
  const submission = { ...golden, id: report.id };
  const step = report.steps?.get(`${feature}`);
  if (step && step.exitCode !== 0 && ranNoTest(step))
    return [{ state: 'error', why: taskUnusable(lastLine(step)).message }];
  const { error, apply_status, features_results } = judge(submission, [report], evaluation);
  if (error !== null) return [{ state: 'error', why: error }];
  if (apply_status.golden === 'failed') return [{ state: 'failed', why: 'the golden patch does not apply' }];
  if (apply_status.golden === 'skipped') return [{ state: 'failed', why: 'the golden patch is empty' }];
  const result = features_results[feature];
  const why = result ? whyFailed(result) : 'the tests were not run';
  return why === null ? [] : [{ state: 'failed', why }];
}

/** Splits the names of two lists into those that both have, as often as both have them, and all others. */
function compareNames(lists: readonly (readonly string[])[]): { common: string[]; others: string[] } {
  const [one = [], other = []] = lists;
  const unmatched = new Map<string, number>();
  for (const name of other) unmatched.set(name, (unmatched.get(name) ?? 0) + 1);
  const common: string[] = [];
  const others: string[] = [];
  for (const name of one) {
    const times = unmatched.get(name) ?? 0;
    if (times > 0) unmatched.set(name, times - 1);
    (times > 0 ? common : others).push(name);
  }
  for (const [name, times] of unmatched) others.push(...Array<string>(times).fill(name));
  return { common, others };
}

function outcome({ task, feature }: FeatureOfTask, state: ValidatedFeature['state']): ValidatedFeature {
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
    error: null,
  };
}

function figures({ count, tests }: { readonly count: number; readonly tests: readonly string[] | null }): {
  count: number;
  by_name: boolean;
} {
  return { count, by_name: tests !== null };
}
