import type { Backend, CreateOptions, ImageProgress, OnImageProgress } from '@cooperbench/core';
import type { RunEventBody } from '@cooperbench/records';

/** Minimum time between two progress events of one image. */
const quietMs = 250;

/**
 * Turns a backend's image progress into events. Emits the start and the end immediately, and the latest progress a few times
 * a second. Emits nothing after an abort, because a failure is then only a consequence of the abort.
 */
export function createImageEventHandler(
  emit: (event: RunEventBody) => void,
  signal?: AbortSignal,
): OnImageProgress {
  const quietImages = new Map<
    string,
    { readonly timer: NodeJS.Timeout; latest: ImageProgress | undefined }
  >();
  const emitProgress = (key: string, progress: ImageProgress): void => {
    if (signal?.aborted) return;
    emit(buildImageEvent(progress));
    const timer = setTimeout(() => {
      const latest = quietImages.get(key)?.latest;
      quietImages.delete(key);
      if (latest) emitProgress(key, latest);
    }, quietMs).unref();
    quietImages.set(key, { timer, latest: undefined });
  };
  return (progress) => {
    const key = `${progress.phase} ${progress.image}`;
    const quietImage = quietImages.get(key);
    if (progress.state !== 'running') {
      clearTimeout(quietImage?.timer);
      quietImages.delete(key);
      if (!signal?.aborted) emit(buildImageEvent(progress));
    } else if (quietImage) quietImage.latest = progress;
    else emitProgress(key, progress);
  };
}

function buildImageEvent({ image, phase, state, text, doneBytes, totalBytes }: ImageProgress): RunEventBody {
  return {
    type: 'image',
    image,
    phase,
    state,
    text,
    done_bytes: doneBytes ?? null,
    total_bytes: totalBytes ?? null,
  };
}

/** Creates the backend, which reports to these listeners wherever its caller gives none. */
export function createReportingBackend(
  backend: Backend,
  listeners: Pick<CreateOptions, 'onProgress' | 'onNotice'>,
): Backend {
  const runJobs = backend.runJobs?.bind(backend);
  const prepare = backend.prepare?.bind(backend);
  const hasImage = backend.hasImage?.bind(backend);
  const hasKept = backend.hasKept?.bind(backend);
  const resolveNetwork = backend.resolveNetwork?.bind(backend);
  return {
    create: (spec, options) => backend.create(spec, { ...listeners, ...options }),
    ...(runJobs && { runJobs: (jobs, options) => runJobs(jobs, { ...listeners, ...options }) }),
    ...(prepare && { prepare: (source, options) => prepare(source, { ...listeners, ...options }) }),
    ...(hasImage && { hasImage }),
    ...(hasKept && { hasKept: (source, options) => hasKept(source, { ...listeners, ...options }) }),
    ...(resolveNetwork && { resolveNetwork }),
  };
}
