import type { ImageProgress, OnImageProgress } from '../contracts/backend.ts';
import type { RunEventBody } from '../contracts/events.ts';

/** Between two events of one image that say only how far it is. */
const quietMs = 250;

/**
 * Makes events of what a backend says of images: beginnings and ends at once, the latest between a few times a second.
 * After abort none: what then fails was stopped.
 */
export function imageEvents(emit: (event: RunEventBody) => void, signal?: AbortSignal): OnImageProgress {
  const quiet = new Map<string, { readonly timer: NodeJS.Timeout; latest: ImageProgress | undefined }>();
  const say = (key: string, progress: ImageProgress): void => {
    if (signal?.aborted) return;
    emit(imageEvent(progress));
    const timer = setTimeout(() => {
      const latest = quiet.get(key)?.latest;
      quiet.delete(key);
      if (latest) say(key, latest);
    }, quietMs).unref();
    quiet.set(key, { timer, latest: undefined });
  };
  return (progress) => {
    const key = `${progress.phase} ${progress.image}`;
    const waiting = quiet.get(key);
    if (progress.state !== 'running') {
      clearTimeout(waiting?.timer);
      quiet.delete(key);
      if (!signal?.aborted) emit(imageEvent(progress));
    } else if (waiting) waiting.latest = progress;
    else say(key, progress);
  };
}

function imageEvent({ image, phase, state, text, doneBytes, totalBytes }: ImageProgress): RunEventBody {
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
