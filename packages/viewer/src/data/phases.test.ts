import type { RunEvent } from '@cooperbench/records';
import { expect, test } from 'vitest';
import { listPhases } from './phases.ts';

test('a phase has its time from the events, and its cost from the result', () => {
  const timeAt = (second: number): string => new Date(second * 1000).toISOString();
  const events: RunEvent[] = [
    { type: 'phase_started', trial: 't', phase: 'plan', number: 1, seats: ['a', 'b'], time: timeAt(11) },
    { type: 'phase_finished', trial: 't', phase: 'plan', number: 1, time: timeAt(15) },
    { type: 'phase_started', trial: 't', phase: 'execute', number: 2, seats: ['a'], time: timeAt(16) },
  ];
  expect(listPhases(events, [{ name: 'plan', cost: 0.5, steps: 1, seconds: 4 }], 10)).toEqual([
    { name: 'plan', number: 1, seats: ['a', 'b'], start: 1, end: 5, cost: 0.5 },
    { name: 'execute', number: 2, seats: ['a'], start: 6, end: null, cost: null },
  ]);
});
