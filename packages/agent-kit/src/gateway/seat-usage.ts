import type { AgentContext, ModelUsage } from '@cooperbench/core';
import type { Price } from '../providers/price.ts';
import type { RequestPrice } from './allowance.ts';
import type { TokenCounts } from './formats.ts';
import type { MeteredUsage } from './meter.ts';

/** Assumed before the first answer. JSON of English and code has three to four bytes a token. */
const tokensPerByte = 1 / 3;

/** A request, and how long its answer can be. */
export interface RequestSize {
  readonly bytes: number;
  readonly minOutputTokens: number;
  readonly maxOutputTokens: number;
}

/** The usage of a seat, and the price of its next request. */
export class SeatUsage {
  steps = 0;
  /** USD. */
  cost = 0;
  readonly #price: Price | undefined;
  readonly #record: AgentContext['record'];
  /** Of the densest request until now: code in the sandbox may send texts that have more tokens than it seems. */
  #tokensPerByte = tokensPerByte;

  constructor(price: Price | undefined, record: AgentContext['record']) {
    this.#price = price;
    this.#record = record;
  }

  /** Returns the price of a request. 0 when the model's price is not known. */
  priceOf({ bytes, minOutputTokens, maxOutputTokens }: RequestSize): RequestPrice {
    return {
      most: this.#computePriceWith(bytes, maxOutputTokens),
      least: this.#computePriceWith(bytes, minOutputTokens),
    };
  }

  /** Returns the longest answer that a request can pay for. */
  affordableTokens(bytes: number, usd: number): number {
    const sample = 1000;
    const input = this.#computePriceWith(bytes, 0);
    const perToken = (this.#computePriceWith(bytes, sample) - input) / sample;
    return perToken === 0 ? Number.MAX_SAFE_INTEGER : Math.floor((usd - input) / perToken);
  }

  #computePriceWith(bytes: number, outputTokens: number): number {
    const inputTokens = Math.ceil(bytes * this.#tokensPerByte);
    const plain = { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 };
    // The agent decides whether its input is cached.
    const cached = { ...plain, cacheWriteTokens: inputTokens };
    return Math.max(this.#price?.(plain) ?? 0, this.#price?.(cached) ?? 0);
  }

  /**
   * Counts an answer as a step. `began`: when it began, in unix seconds. What the provider does not state is estimated, and is at
   * most what the request allows.
   */
  count(
    { stated, isWhole, estimatedOutput, id }: MeteredUsage,
    { bytes, maxOutputTokens }: Omit<RequestSize, 'minOutputTokens'>,
    startSeconds: number | undefined,
  ): void {
    const { inputTokens = Math.ceil(bytes * this.#tokensPerByte), outputTokens = 0 } = stated;
    const tokens: TokenCounts = {
      ...{ cacheReadTokens: 0, cacheWriteTokens: 0, ...stated, inputTokens },
      outputTokens: isWhole
        ? outputTokens
        : Math.max(outputTokens, Math.min(estimatedOutput, maxOutputTokens)),
    };
    if (isWhole && bytes > 0)
      this.#tokensPerByte = Math.min(1, Math.max(this.#tokensPerByte, inputTokens / bytes));
    const costUsd = this.#price?.(tokens);
    const usage: ModelUsage = {
      ...tokens,
      ...(costUsd !== undefined && { costUsd }),
      ...(!isWhole && { estimated: true as const }),
    };
    this.steps += 1;
    this.cost += costUsd ?? 0;
    this.#record({ type: 'usage', usage, began: startSeconds, id });
    this.#record({ type: 'step', began: startSeconds });
  }

  /** Counts a request that was sent and whose answer nobody has read, as if the answer were as long as it can be. */
  countUnread(bytes: number, outputTokens: number): void {
    const inputTokens = Math.ceil(bytes * this.#tokensPerByte);
    const tokens = { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 };
    const costUsd = this.#price?.(tokens);
    this.cost += costUsd ?? 0;
    const usage = { ...tokens, ...(costUsd !== undefined && { costUsd }), estimated: true } as const;
    this.#record({ type: 'usage', usage });
  }
}
