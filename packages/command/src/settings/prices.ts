import type { ModelPrice } from '@cooperbench/core';
import { ConfigError } from '@cooperbench/core/errors';
import { listGivenTexts } from './plugin-options.ts';
import { settings } from './table.ts';
import type { Settings } from './values.ts';

/**
 * Reads `MODEL=INPUT,OUTPUT[,CACHE_READ[,CACHE_WRITE]]`, in USD per million tokens. The variable contains several prices,
 * separated by spaces. Flags take precedence over the variable, and both take precedence over configuration, model by model.
 * @throws ConfigError `PRICE_FLAG`.
 */
export function parseModelPrices(flags: object, configured: Settings['prices']): Settings['prices'] {
  const prices = new Map<string, ModelPrice>(Object.entries(configured ?? {}));
  for (const [origin, text] of listGivenTexts('prices', flags)) {
    const equals = text.lastIndexOf('=');
    const amounts = text.slice(equals + 1).split(',');
    const [input, output, cache_read, cache_write] = amounts.map(Number);
    const isValid = amounts.length <= 4 && amounts.every((amount) => /^(\d+(\.\d*)?|\.\d+)$/.test(amount));
    if (equals < 1 || !isValid || input === undefined || output === undefined)
      throw new ConfigError(
        'PRICE_FLAG',
        `${origin} "${text}" is not MODEL=INPUT,OUTPUT, with US dollars per million tokens.`,
        {
          hint: `For example: --price ${settings.prices.example}. The prices of cached input may follow: reading, then writing.`,
        },
      );
    prices.set(text.slice(0, equals), {
      ...{ input, output },
      ...(cache_read !== undefined && { cache_read }),
      ...(cache_write !== undefined && { cache_write }),
    });
  }
  return prices.size > 0 ? Object.fromEntries(prices) : undefined;
}
