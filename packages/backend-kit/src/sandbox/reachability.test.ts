import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Reachability } from './reachability.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a sandbox that cannot be reached, or could not for long, explains a time limit that passed', async () => {
  const reachability = new Reachability();
  const message = async (since: number) => (await reachability.interruption(since))?.message;
  const began = performance.now();
  expect(await message(began)).toBeUndefined();
  reachability.cut();
  expect(await message(began)).toBe('The sandbox cannot be reached.');
  vi.advanceTimersByTime(20_000);
  // Another connection breaks in the same outage.
  reachability.cut();
  reachability.heard();
  expect(await message(began)).toBeUndefined();
  const second = performance.now();
  reachability.cut(second);
  vi.advanceTimersByTime(15_000);
  reachability.heard();
  expect(await message(began)).toBe('The sandbox could not be reached for 35 s.');
  expect(await message(second)).toBeUndefined();
  expect(await reachability.interruption(began)).toMatchObject({ retryable: true, fromOutside: true });
});
