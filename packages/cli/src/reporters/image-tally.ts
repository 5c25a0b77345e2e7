import type { RunEvent } from '@cooperbench/core';

type ImageEvent = Extract<RunEvent, { type: 'image' }>;

/** The pull or build of an image, or an image that is already present. */
export interface ImageWork {
  readonly startedAt: number;
  /** Its latest event. */
  event: ImageEvent;
}

/** The state of all images, from their events. Times are milliseconds of the reporter's clock. */
export class ImageTally {
  /** Pulls and builds that are running, the oldest first. */
  readonly running: Map<string, ImageWork> = new Map();
  /** What the latest event begins or ends. Undefined when it brings nothing new. */
  latest: ImageWork | undefined;
  /** How many images a command builds that does nothing else. Undefined for other commands. */
  total: number | undefined;
  built = 0;
  present = 0;
  failed = 0;
  /** By image, the text of its last failure. */
  readonly #failures = new Map<string, string>();

  apply(event: ImageEvent, now: number): void {
    const key = `${event.phase} ${event.image}`;
    const before = this.running.get(key);
    const work = before ?? { startedAt: now, event };
    work.event = event;
    const failure = this.#failures.get(key);
    if (event.state === 'running') {
      this.running.set(key, work);
      // The next trial tries again: that is nothing new.
      this.latest = before || failure !== undefined ? undefined : work;
      return;
    }
    this.running.delete(key);
    this.latest = event.state === 'failed' && failure === event.text ? undefined : work;
    if (event.state === 'failed') this.#failures.set(key, event.text);
    else this.#failures.delete(key);
    if (event.phase === 'build') this[event.state === 'ready' ? 'built' : event.state] += 1;
  }
}
