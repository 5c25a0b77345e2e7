import type { RunEvent } from '@cooperbench/records';
import { getSeconds, type Trial } from '@cooperbench/report';
import type { PhaseBand } from './model.ts';

/**
 * Lists the phases of a trial. `results`: what those that have ended took, in order; the result of a trial that runs has none.
 */
export function listPhases(
  events: readonly RunEvent[],
  results: NonNullable<Trial['phases']>,
  start: number,
): PhaseBand[] {
  const computeSecondsSince = (event: RunEvent): number => Math.max(0, getSeconds(event) - start);
  const endTimes = new Map<number, number>();
  for (const event of events)
    if (event.type === 'phase_finished') endTimes.set(event.number, computeSecondsSince(event));
  return events
    .filter((event) => event.type === 'phase_started')
    .map((event) => ({
      name: event.phase,
      number: event.number,
      seats: event.seats,
      start: computeSecondsSince(event),
      end: endTimes.get(event.number) ?? null,
      cost: results[event.number - 1]?.cost ?? null,
    }));
}
