import { Allowance, type Grant } from './allowance.ts';
import type { Json } from './formats.ts';
import type { GatewayOptions } from './gateway.ts';
import {
  computeMaxOutputTokens,
  computeMinOutputTokens,
  limitOutputTokens,
  statesLimit,
} from './max-tokens.ts';
import { Refusal, type Route } from './route.ts';
import { SeatUsage } from './seat-usage.ts';

/** The remaining budget of a seat: whether a request may be sent, and how long its answer may be. */
export class SeatBudget {
  readonly usage: SeatUsage;
  readonly #options: Pick<GatewayOptions, 'plan' | 'limits'>;
  readonly #allowance: Allowance;
  /** Counts tokens cost nothing, and are no steps. */
  readonly #counting = new Allowance({}, { steps: 0, cost: 0 });
  /** The longest limit to add to a request: the provider refused a longer one. */
  #longestAdded: number = Number.POSITIVE_INFINITY;
  /** The limit of the seat that was reached. */
  limit: string | undefined;

  constructor({ plan, limits, record }: Pick<GatewayOptions, 'plan' | 'limits' | 'record'>) {
    this.#options = { plan, limits };
    this.usage = new SeatUsage(plan.price, record);
    this.#allowance = new Allowance(limits, this.usage);
  }

  get hasOpenRequests(): boolean {
    return this.#allowance.running > 0;
  }

  /** @throws Refusal when a limit was reached. */
  check(): void {
    if (this.limit !== undefined) throw createRefusal(this.limit);
  }

  /**
   * Waits until the request may be sent. Shortens its answer when the seat has less money left than the longest one costs.
   * @throws Refusal when a limit was reached.
   */
  async grant({ format, isAnswer }: Route, body: Json, bytes: number, signal: AbortSignal): Promise<Grant> {
    const size = {
      bytes,
      minOutputTokens: computeMinOutputTokens(format.name, body),
      maxOutputTokens: computeMaxOutputTokens(format.name, body),
    };
    const price = isAnswer ? this.usage.priceOf(size) : { most: 0, least: 0 };
    const granted = await (isAnswer ? this.#allowance : this.#counting).take(price, signal);
    if (typeof granted === 'string') {
      this.limit ??= granted;
      throw createRefusal(granted);
    }
    if (granted.usd >= price.most) return granted;
    const affordable = this.usage.affordableTokens(bytes, granted.usd);
    const tokens = statesLimit(format.name, body) ? affordable : Math.min(affordable, this.#longestAdded);
    if (limitOutputTokens(format.name, body, tokens, this.#options.plan.model)) return granted;
    granted[Symbol.dispose]();
    this.limit ??= `its limit of $${this.#options.limits.maxCostUsd}`;
    throw createRefusal(this.limit);
  }

  /** The provider refused a longer limit than this, and took this one. */
  setLongestAnswer(tokens: number): void {
    this.#longestAdded = tokens;
  }
}

function createRefusal(limit: string): Refusal {
  return new Refusal(400, `The seat has reached ${limit}. No further request is answered.`);
}
