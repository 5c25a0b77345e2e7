import type { RunEvent } from '@cooperbench/core';

type ImageEvent = Extract<RunEvent, { type: 'image' }>;

/** A pull, a build, or an image that was there. */
export interface ImageWork {
  readonly startedAt: number;
  /** The last of its events. */
  event: ImageEvent;
}

/** What has become of images, from their events. Times are the reporter's clock, in milliseconds. */
export class ImageTally {
  /** Pulls and builds under way, the oldest first. */
  readonly running: Map<string, ImageWork> = new Map();
  /** What the last event begins or ends; undefined when it says nothing new. */
  news: ImageWork | undefined;
  /** How many a command that does nothing else is about. */
  asked: number | undefined;
  built = 0;
  present = 0;
  failed = 0;
  /** Why they failed that failed last time. */
  readonly #failures = new Map<string, string>();

  apply(event: ImageEvent, now: number): void {
    const key = `${event.phase} ${event.image}`;
    const before = this.running.get(key);
    const work = before ?? { startedAt: now, event };
    work.event = event;
    const failure = this.#failures.get(key);
    if (event.state === 'running') {
      this.running.set(key, work);
      // What is tried again, for the next trial, is not told again.
      this.news = before || failure !== undefined ? undefined : work;
      return;
    }
    this.running.delete(key);
    this.news = event.state === 'failed' && failure === event.text ? undefined : work;
    if (event.state === 'failed') this.#failures.set(key, event.text);
    else this.#failures.delete(key);
    if (event.phase === 'build') this[event.state === 'ready' ? 'built' : event.state] += 1;
  }
}
