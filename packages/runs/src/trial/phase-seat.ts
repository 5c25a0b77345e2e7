import type { Phase, PhaseWork } from '@cooperbench/core';
import type { RunningSeat } from './trial.ts';

/** With less time left, a seat has used up its time: an agent hardly begins in it, and that would look like an outage. */
const shortestMs = 60_000;

/**
 * Begins a phase of a seat, and returns the seat with its part of it. Its limits are what the phase may use of them. `noPatchPaths`:
 * what was handed over so far.
 */
export function buildSeatInPhase(
  { name, share = 1 }: Phase,
  { seat: id, task, start, handsOver = [], keepsChanges }: PhaseWork,
  seats: ReadonlyMap<string, RunningSeat>,
  noPatchPaths: readonly string[],
): RunningSeat {
  const seat = seats.get(id) as RunningSeat;
  const { record } = seat;
  const from = typeof start === 'object' ? start.from : id;
  const changes = start === 'fresh' ? undefined : seats.get(from)?.record.patch;
  record.beginPhase(name, changes);
  const { maxSteps, maxCostUsd } = seat.limits;
  const computePart = (limit: number, usedAmount: number): number =>
    Math.min(limit - usedAmount, limit * share);
  const isShort = seat.timeoutMs - record.workedMs < Math.min(shortestMs, seat.timeoutMs / 20);
  return {
    ...seat,
    limits: {
      ...(maxSteps !== undefined && { maxSteps: Math.ceil(computePart(maxSteps, record.steps)) }),
      ...(maxCostUsd !== undefined && { maxCostUsd: computePart(maxCostUsd, record.cost) }),
    },
    timeoutMs: isShort ? 0 : computePart(seat.timeoutMs, record.workedMs),
    phase: { name, task, changes, handsOver, noPatchPaths, keepsChanges: keepsChanges !== false },
  };
}

/** Returns whether a seat has nothing left of a limit. */
export function isUsedUp({ limits: { maxSteps = 1, maxCostUsd = 1 }, timeoutMs }: RunningSeat): boolean {
  return timeoutMs <= 0 || maxSteps <= 0 || maxCostUsd <= 0;
}
