import {
  type Backend,
  ConfigError,
  getMessage,
  getReason,
  type Layer,
  mapConcurrently,
  type OnImageProgress,
  type PrepareOptions,
  type Task,
} from '@cooperbench/core';
import { callPlugin } from '@cooperbench/core/host';
import { discover, type RunHost, type RunOptions, readLayers, runDefaults, select } from '@cooperbench/runs';
import {
  buildEvaluationBackend,
  checkOptionValues,
  createEvaluationKeeper,
  createImageEventHandler,
  type DatasetOptions,
  type EventStream,
  keepsForEvaluation,
  noticeBroken,
  openRunEvents,
  Services,
  withEvalNetwork,
} from '@cooperbench/runs/dataset-services';

/** Options of `dataset build`, and of `prepare --agent`. */
export interface BuildImagesOptions
  extends DatasetOptions,
    Pick<RunOptions, 'agentOptions' | 'evaluator' | 'evaluatorOptions' | 'warm'> {
  /**
   * Pulls or builds each image as a run does, adds the software of this agent, and prepares the evaluation. If it is absent,
   * builds every image.
   */
  readonly agent?: string | undefined;
}

/** The outcome for one task's image. */
export interface BuiltImage {
  readonly repo: string;
  readonly task_id: number;
  readonly image: string;
  readonly state: 'built' | 'present' | 'failed';
  /** Its digest or content hash. It is null if the image could not be built. */
  readonly reference: string | null;
  readonly duration_seconds: number;
  readonly error: string | null;
}

/**
 * Builds the images of a dataset's tasks from their own files, or prepares them for an agent. Keeps existing images unless
 * `force` is set. A failed build does not stop the others. @throws ConfigError when the options do not allow a build.
 */
export async function buildImages(
  host: RunHost,
  options: BuildImagesOptions,
): Promise<readonly BuiltImage[]> {
  checkOptionValues(options);
  const { signal, force, agent } = options;
  const events = openRunEvents(host, options);
  const dataset = discover(options.datasetDir ?? runDefaults.datasetDir, options);
  const { subset, repo, taskId } = options;
  const tasks = new Set(select(dataset, { subset, repo, taskId }).map(({ task }) => task));
  noticeBroken(dataset, options, events);
  const layers =
    agent === undefined ? [] : await readLayers(host.registry, agent, options.agentOptions?.[agent]);
  await using services = new Services(host, options, events);
  const findPreparedBy = (backend: Backend): Prepare => prepareOf(backend, options.backend);
  const backend = await services.backend(options.backend, { untrusted: false }, findPreparedBy);
  const prepare = findPreparedBy(backend);
  const summary = { images: tasks.size, backend: options.backend, agent: agent ?? null };
  events.emit({ type: 'images_started', ...summary });
  const built: BuiltImage[] = [];
  const report = createImageEventHandler(events.emit, signal);
  const imageOptions = { layers, options: { build: agent === undefined, force, signal } };
  const build = (task: Task): Promise<BuiltImage> => buildOne(task, prepare, imageOptions, report);
  for await (const image of mapConcurrently(tasks, options.concurrency, build)) built.push(image);
  const count = (state: BuiltImage['state']): number => built.filter((image) => image.state === state).length;
  events.emit({
    type: 'images_finished',
    built: count('built'),
    present: count('present'),
    failed: count('failed'),
  });
  const isThere = ({ repo, taskId }: Task): boolean =>
    built.some(
      (builtImage) =>
        builtImage.repo === repo && builtImage.task_id === taskId && builtImage.state !== 'failed',
    );
  if (agent !== undefined)
    await prepareEvaluation([...tasks].filter(isThere), { services, backend, events }, options);
  return built;
}

interface OpenedBackend {
  readonly services: Services;
  readonly backend: Backend;
  readonly events: EventStream;
}

/** Makes the warm layers of tasks, and says how many there are. */
async function prepareEvaluation(
  tasks: readonly Task[],
  { services, backend, events }: OpenedBackend,
  options: BuildImagesOptions,
): Promise<void> {
  // Asked first: without layers, nothing here needs the evaluator or a network.
  if (!keepsForEvaluation(backend, options.warm) || tasks.length === 0) return;
  const { evaluator, title } = await services.evaluator(options);
  const { registries = [], signal, concurrency } = options;
  const networkTasks = tasks.map((task) => withEvalNetwork(task, options.evalNetwork));
  const backendTitle = services.title('backends', options.backend);
  const networks = networkTasks.map(({ network = 'open' }) => network);
  const connect = await services.connectRegistries(networks, registries);
  const { create } = buildEvaluationBackend(backend, backendTitle, networkTasks, connect, events);
  const keepOptions = { concurrency, signal, onNotice: events.notice };
  const { keepSandboxes } = createEvaluationKeeper(backend, create, options.warm, keepOptions);
  if (!keepSandboxes || !evaluator.prepare) return;
  let keptCount = 0;
  const countKept: typeof keepSandboxes = async function* (jobs) {
    for await (const key of keepSandboxes(jobs)) {
      keptCount += 1;
      yield key;
    }
  };
  const context = { keepSandboxes: countKept, runName: 'prepare', signal };
  await callPlugin(`${title} failed in prepare`, async () => evaluator.prepare?.(networkTasks, context), {
    signal,
  });
  events.notice(`${keptCount} of ${networkTasks.length} tasks have a warm layer for their tests.`);
}

type Prepare = NonNullable<Backend['prepare']>;

function prepareOf({ prepare }: Backend, name: string): Prepare {
  if (prepare) return prepare;
  throw new ConfigError('BACKEND_WITHOUT_IMAGES', `The backend "${name}" has no images to build.`, {
    hint: 'Choose a backend that builds images.',
  });
}

async function buildOne(
  { repo, taskId, image, directory }: Task,
  prepare: Prepare,
  { layers, options }: { readonly layers: readonly Layer[]; readonly options: PrepareOptions },
  report: OnImageProgress,
): Promise<BuiltImage> {
  const startedAt = performance.now();
  const buildOutcome = (fields: Pick<BuiltImage, 'state' | 'reference' | 'error'>): BuiltImage => {
    const duration_seconds = (performance.now() - startedAt) / 1000;
    return { repo, task_id: taskId, image, ...fields, duration_seconds };
  };
  let failureReported = false;
  const onProgress: OnImageProgress = (progress) => {
    failureReported ||= progress.image === image && progress.state === 'failed';
    report(progress);
  };
  try {
    options.signal?.throwIfAborted();
    const source = { image, taskDir: directory, layers };
    const { made, reference } = await prepare(source, { ...options, onProgress });
    if (!made) report({ image, phase: 'build', state: 'present', text: '' });
    return buildOutcome({ state: made ? 'built' : 'present', reference, error: null });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!failureReported) report({ image, phase: 'build', state: 'failed', text: getReason(error) });
    return buildOutcome({ state: 'failed', reference: null, error: getMessage(error) });
  }
}
