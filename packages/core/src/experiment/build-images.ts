import { eachAtOnce } from '../async/each-at-once.ts';
import type { Backend, OnImageProgress } from '../contracts/backend.ts';
import { ConfigError, messageOf, reasonOf } from '../contracts/errors.ts';
import type { Task } from '../contracts/task.ts';
import { discover } from '../dataset/discover.ts';
import { select } from '../dataset/select.ts';
import { EventStream } from '../records/event-stream.ts';
import type { ExperimentHost } from './experiment-host.ts';
import { imageEvents } from './image-events.ts';
import { type RunOptions, runDefaults } from './options.ts';
import { Services } from './services.ts';

/** Options of `dataset build`. */
export interface BuildImagesOptions
  extends Pick<
    RunOptions,
    | 'subset'
    | 'repo'
    | 'taskId'
    | 'force'
    | 'backendOptions'
    | 'datasetDir'
    | 'imagePattern'
    | 'signal'
    | 'onEvent'
  > {
  readonly backend: string;
  /** Maximum number of builds at the same time. */
  readonly concurrency: number;
}

/** The outcome of building one task's image. */
export interface BuiltImage {
  readonly repo: string;
  readonly task_id: number;
  readonly image: string;
  readonly state: 'built' | 'present' | 'failed';
  /** Its digest or content hash; `null` when there is none. */
  readonly reference: string | null;
  readonly duration_seconds: number;
  readonly error: string | null;
}

/**
 * Builds the images of a dataset's tasks from their own files. Keeps existing images, unless `force`. A failed build does
 * not stop the others. @throws ConfigError when the options do not allow a build.
 */
export async function buildImages(
  host: ExperimentHost,
  options: BuildImagesOptions,
): Promise<readonly BuiltImage[]> {
  const { signal, force } = options;
  const events = new EventStream([options.onEvent, host.reporter], () => host.clock.now());
  const dataset = discover(options.datasetDir ?? runDefaults.datasetDir, options);
  const { subset, repo, taskId } = options;
  const tasks = new Set(select(dataset, { subset, repo, taskId }).map(({ task }) => task));
  for (const { repo, task, reason } of dataset.broken)
    events.notice(`${repo}/${task} is left out: ${reason}`, 'warning');
  await using services = new Services(host.registry, options, events);
  const backend = await services.backend(options.backend, false);
  const prepare = prepareOf(backend, options.backend);
  events.emit({ type: 'images_started', images: tasks.size, backend: options.backend });
  const built: BuiltImage[] = [];
  const report = imageEvents(events.emit, signal);
  const build = (task: Task): Promise<BuiltImage> => buildOne(task, prepare, { signal, force }, report);
  for await (const image of eachAtOnce(tasks, options.concurrency, build)) built.push(image);
  const count = (state: BuiltImage['state']): number => built.filter((image) => image.state === state).length;
  events.emit({
    type: 'images_finished',
    built: count('built'),
    present: count('present'),
    failed: count('failed'),
  });
  return built;
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
  { signal, force }: Pick<RunOptions, 'signal' | 'force'>,
  report: OnImageProgress,
): Promise<BuiltImage> {
  const startedAt = performance.now();
  const outcome = (more: Pick<BuiltImage, 'state' | 'reference' | 'error'>): BuiltImage => {
    const duration_seconds = (performance.now() - startedAt) / 1000;
    return { repo, task_id: taskId, image, ...more, duration_seconds };
  };
  let failureReported = false;
  const onProgress: OnImageProgress = (progress) => {
    failureReported ||= progress.image === image && progress.state === 'failed';
    report(progress);
  };
  try {
    signal?.throwIfAborted();
    const source = { image, taskDir: directory };
    const { made, reference } = await prepare(source, { build: true, force, signal, onProgress });
    if (!made) report({ image, phase: 'build', state: 'present', text: '' });
    return outcome({ state: made ? 'built' : 'present', reference, error: null });
  } catch (error) {
    signal?.throwIfAborted();
    if (!failureReported) report({ image, phase: 'build', state: 'failed', text: reasonOf(error) });
    return outcome({ state: 'failed', reference: null, error: messageOf(error) });
  }
}
