import { expect, test } from 'vitest';
import type { MeteredUsage } from './meter.ts';
import { SeatUsage } from './seat-usage.ts';

test('the estimate of what a request costs follows the densest one, up to a token for each byte', () => {
  const usage = new SeatUsage(
    ({ inputTokens, outputTokens }) => inputTokens + outputTokens,
    () => {},
  );
  const most = (): number => usage.priceOf({ bytes: 300, minOutputTokens: 0, maxOutputTokens: 0 }).most;
  const answer = (inputTokens: number): void => {
    const metered: Partial<MeteredUsage> = { stated: { inputTokens, outputTokens: 1 }, isWhole: true };
    usage.count(metered as MeteredUsage, { bytes: 300, maxOutputTokens: 1 }, undefined);
  };
  expect(most()).toBe(100);
  answer(50);
  expect(most()).toBe(100);
  answer(240);
  expect(most()).toBe(240);
  answer(60);
  expect(most()).toBe(240);
  answer(9000);
  expect(most()).toBe(300);
});
