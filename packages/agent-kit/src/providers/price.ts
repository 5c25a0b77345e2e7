import type { ModelPrice, ModelUsage } from '@cooperbench/core';
import type { ResolvedModel } from './resolve.ts';

type TokenCounts = Omit<ModelUsage, 'costUsd' | 'estimated'>;

/** Computes the cost of a call in USD. */
export type Price = (tokens: TokenCounts) => number;

export function buildStatedPrice(price: ModelPrice): Price {
  const { input, output, cache_read = input, cache_write = input } = price;
  return ({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }) => {
    const uncached = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens);
    const sum =
      uncached * input +
      cacheReadTokens * cache_read +
      cacheWriteTokens * cache_write +
      outputTokens * output;
    return sum / 1_000_000;
  };
}

/**
 * Finds the published price of a model, from the data bundled with @pydantic/genai-prices. Returns undefined if it is not
 * known.
 */
export async function findPublishedPrice({ row, name }: ResolvedModel): Promise<Price | undefined> {
  const { prices: providerId } = row;
  if (providerId === undefined) return undefined;
  const { calcPrice } = await import('@pydantic/genai-prices');
  const model = name.replace(/^responses\//, '');
  const findPrice = (tokens: TokenCounts): number | undefined =>
    calcPrice(
      {
        // The package rejects more cached tokens than input tokens, which some endpoints report.
        input_tokens: Math.max(tokens.inputTokens, tokens.cacheReadTokens + tokens.cacheWriteTokens),
        output_tokens: tokens.outputTokens,
        cache_read_tokens: tokens.cacheReadTokens,
        cache_write_tokens: tokens.cacheWriteTokens,
      },
      model,
      { providerId },
    )?.total_price;
  const sample = { inputTokens: 3, outputTokens: 1, cacheReadTokens: 1, cacheWriteTokens: 1 };
  return findPrice(sample) === undefined ? undefined : (tokens) => findPrice(tokens) ?? 0;
}
