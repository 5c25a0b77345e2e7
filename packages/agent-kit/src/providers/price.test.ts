import { expect, test } from 'vitest';
import { buildStatedPrice, findPublishedPrice, type Price } from './price.ts';
import { resolveModel } from './resolve.ts';

const published = (id: string): Promise<Price | undefined> => findPublishedPrice(resolveModel(id, {}));

const tokens = { inputTokens: 10_000, cacheReadTokens: 4000, cacheWriteTokens: 0, outputTokens: 500 };

test('a known model has its published price, with a rate for cached tokens', async () => {
  const price = await published('openai/gpt-4o');
  // 6000 at $2.50, 4000 cached at $1.25 and 500 at $10 a million.
  expect(price?.(tokens)).toBeCloseTo(0.015 + 0.005 + 0.005, 10);
  const claude = await published('anthropic/claude-sonnet-4-5');
  // 5000 at $3, 4000 read at $0.30, 1000 written at $3.75 and 500 at $15 a million.
  expect(claude?.({ ...tokens, cacheWriteTokens: 1000 })).toBeCloseTo(0.015 + 0.0012 + 0.00375 + 0.0075, 10);
});

test('the price data knows every provider that has prices', async () => {
  const { providers } = await import('./table.ts');
  const { findProvider } = await import('@pydantic/genai-prices');
  for (const { prices } of Object.values(providers))
    if (prices !== undefined) expect(findProvider({ providerId: prices }), prices).toBeDefined();
});

test('an unknown model and a server of the user’s own have no price', async () => {
  expect(await published('openai/no-such-model')).toBeUndefined();
  expect(await published('hosted_vllm/gpt-4o')).toBeUndefined();
});

test('more cached tokens than input tokens do not break the sum', async () => {
  const price = await published('openai/gpt-4o');
  expect(price?.({ ...tokens, inputTokens: 10 })).toBeCloseTo(0.005 + 0.005, 10);
});

test('a stated price has rates for cached tokens, by default that of input', () => {
  expect(buildStatedPrice({ input: 1, output: 2 })(tokens)).toBeCloseTo(0.011, 10);
  expect(buildStatedPrice({ input: 1, output: 2, cache_read: 0.1, cache_write: 5 })(tokens)).toBeCloseTo(
    0.0074,
    10,
  );
});
