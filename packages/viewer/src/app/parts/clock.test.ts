import { expect, test } from 'vitest';
import { formatClockText, listClockTicks } from './clock.ts';

test('puts marks on round times', () => {
  expect(listClockTicks(4.2, 10)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
  expect(listClockTicks(3600, 8)).toEqual([0, 600, 1200, 1800, 2400, 3000, 3600]);
  expect(listClockTicks(0, 8)).toEqual([0]);
  expect(listClockTicks(60, 4, 95)).toEqual([105, 120, 135, 150]);
  expect(listClockTicks(60, 2, 60)).toEqual([60, 90, 120]);
  for (const seconds of [0.3, 7, 61, 1000, 86_400, 40 * 86_400])
    expect(listClockTicks(seconds, 8).length).toBeLessThanOrEqual(9);
});

test('writes times with the precision that they need', () => {
  expect([0, 7.34, 59.96, 119.9, 125, 3725].map(formatClockText)).toEqual([
    '0:00.0',
    '0:07.3',
    '1:00.0',
    '1:59.9',
    '2:05',
    '1:02:05',
  ]);
  expect(formatClockText(-1)).toBe('0:00.0');
});
