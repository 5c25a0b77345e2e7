/** 0.4s, 42s, 3m 42s, 1h 2m. */
export function formatDuration(seconds: number): string {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  if (tenths < 100) return `${tenths / 10}s`;
  const wholeSeconds = Math.round(Math.max(0, seconds));
  if (wholeSeconds < 60) return `${wholeSeconds}s`;
  if (wholeSeconds < 3600) return `${Math.floor(wholeSeconds / 60)}m ${wholeSeconds % 60}s`;
  const minutes = Math.round(wholeSeconds / 60);
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

/**
 * Returns a sum of costs. `cost_known` is false when some price is not known. The sum is then of those that are. If it is absent, all are
 * known.
 */
export function totalCost({ total_cost: usd, cost_known: isCostKnown }: TotalCost): string {
  if (isCostKnown !== false) return formatMoney(usd);
  return usd > 0 ? `unknown, more than ${formatMoney(usd)}` : 'unknown';
}

interface TotalCost {
  readonly total_cost: number;
  readonly cost_known?: boolean;
}

/** Formats a cost among other figures, where `unknown` alone would not say what: `$0.12`, `cost unknown`. */
export function formatCostText(usd: number, isCostKnown: boolean | undefined): string {
  if (isCostKnown !== false) return formatMoney(usd);
  return usd > 0 ? `more than ${formatMoney(usd)}` : 'cost unknown';
}

/** Null, which is an unknown price, is `unknown`. */
export function formatMoney(usd: number | null): string {
  if (usd === null) return 'unknown';
  return usd > 0 && usd < 0.01 ? '<$0.01' : `$${usd.toFixed(2)}`;
}

/**
 * Formats a fraction of 1 as every percentage is written: one decimal and no space, `45.5%`. A rate over nothing, which is
 * null, is `n/a`.
 */
export function formatPercent(fraction: number | null | undefined): string {
  return fraction === null || fraction === undefined ? 'n/a' : `${(fraction * 100).toFixed(1)}%`;
}

/** `0.0312`, `<0.0001`; `n/a` without a test. */
export function formatPValue(p: number | undefined): string {
  if (p === undefined) return 'n/a';
  return p < 0.0001 ? '<0.0001' : p.toFixed(4);
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
