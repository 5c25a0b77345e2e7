import type { RunEvent } from '@cooperbench/records';

type ImageEvent = Extract<RunEvent, { type: 'image' }>;

/** The pull or build of an image, or an image that is already present. */
export interface ImageWork {
  readonly startedAt: number;
  /** Its latest event. */
  event: ImageEvent;
}

/** Counts images by their events. Times are milliseconds of the reporter's clock. */
export class ImageTally {
  /** Running pulls and builds, oldest first. */
  readonly running: Map<string, ImageWork> = new Map();
  /** The pull or build that the latest event started or ended. It is undefined if it changed nothing. */
  latest: ImageWork | undefined;
  /** Number of images, for a command that only builds images. It is undefined for other commands. */
  total: number | undefined;
  built = 0;
  present = 0;
  failed = 0;
  /** The text of the last failure, by image. */
  readonly #failures = new Map<string, string>();

  apply(event: ImageEvent, now: number): void {
    const key = `${event.phase} ${event.image}`;
    const previousWork = this.running.get(key);
    const work = previousWork ?? { startedAt: now, event };
    work.event = event;
    const failure = this.#failures.get(key);
    if (event.state === 'running') {
      this.running.set(key, work);
      // A new attempt after a failure is not reported again.
      this.latest = previousWork || failure !== undefined ? undefined : work;
      return;
    }
    this.running.delete(key);
    this.latest = event.state === 'failed' && failure === event.text ? undefined : work;
    if (event.state === 'failed') this.#failures.set(key, event.text);
    else this.#failures.delete(key);
    if (event.phase === 'build') this[event.state === 'ready' ? 'built' : event.state] += 1;
  }
}
