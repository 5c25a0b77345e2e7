import { latencies, limits } from './latencies.ts';

/** A trial or an evaluation. */
export interface LimitedJob {
  /** If it is absent, it is there. */
  readonly image?: string;
  /** They are of use only together: work begins when the last has started. */
  readonly sandboxes: readonly { readonly coldMs: number; readonly workMs: number }[];
}

/**
 * Returns how long jobs take under the limits of the workspace when each starts as soon as it can, in their order,
 * `concurrency` at once. A sandbox takes a container from its creation to the end of its work.
 */
export function computeLimitedSchedule(jobs: readonly LimitedJob[], concurrency: number): number {
  const places = freeFromStart(concurrency);
  const containers = freeFromStart(limits.containers);
  const created: number[] = [];
  const builtAt = new Map<string, number>();
  for (const { image, sandboxes } of jobs) {
    const startMs = takeFirst(places);
    if (image !== undefined && !builtAt.has(image)) builtAt.set(image, startMs + latencies.buildMs);
    const ready = Math.max(startMs, builtAt.get(image ?? '') ?? 0);
    const starts = sandboxes.map(({ coldMs }) => {
      const fifth = created.at(-limits.creationsPerSecond);
      const start = Math.max(
        ready,
        takeFirst(containers),
        created.at(-1) ?? 0,
        fifth === undefined ? 0 : fifth + 1000,
      );
      created.push(start);
      return start + coldMs;
    });
    const lastStartMs = Math.max(...starts);
    const endsMs = sandboxes.map(({ workMs }) => lastStartMs + workMs);
    containers.push(...endsMs);
    places.push(Math.max(...endsMs));
  }
  return Math.max(...places);
}

const freeFromStart = (count: number): number[] => Array.from({ length: count }, () => 0);

/** Removes the earliest time. */
function takeFirst(startTimes: number[]): number {
  const index = startTimes.indexOf(Math.min(...startTimes));
  return startTimes.splice(index, 1)[0] ?? 0;
}
