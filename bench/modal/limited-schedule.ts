import { latencies, limits } from './latencies.ts';

/** A trial or an evaluation. */
export interface LimitedJob {
  /** Absent: it is there. */
  readonly image?: string;
  /** They are of use only together: work begins when the last has started. */
  readonly sandboxes: readonly { readonly coldMs: number; readonly workMs: number }[];
}

/**
 * How long jobs take under the limits of the workspace when each starts as soon as it can, in their order, `concurrency` at
 * once. A sandbox takes a container from its creation to the end of its work.
 */
export function limitedSchedule(jobs: readonly LimitedJob[], concurrency: number): number {
  const places = freeFromStart(concurrency);
  const containers = freeFromStart(limits.containers);
  const created: number[] = [];
  const builtAt = new Map<string, number>();
  for (const { image, sandboxes } of jobs) {
    const begins = takeFirst(places);
    if (image !== undefined && !builtAt.has(image)) builtAt.set(image, begins + latencies.buildMs);
    const ready = Math.max(begins, builtAt.get(image ?? '') ?? 0);
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
    const together = Math.max(...starts);
    const ends = sandboxes.map(({ workMs }) => together + workMs);
    containers.push(...ends);
    places.push(Math.max(...ends));
  }
  return Math.max(...places);
}

const freeFromStart = (count: number): number[] => Array.from({ length: count }, () => 0);

/** Removes the earliest time. */
function takeFirst(times: number[]): number {
  const at = times.indexOf(Math.min(...times));
  return times.splice(at, 1)[0] ?? 0;
}
