/**
 * Returns the chance that at least one of `k` of the `n` repetitions, drawn at random, is among the `c` that passed. Returns
 * null when n < k.
 */
export function passAtK(n: number, c: number, k: number): number | null {
  return n < k ? null : 1 - computeCombinationRatio(n - c, n, k);
}

/**
 * Returns the chance that all of `k` of the `n` repetitions, drawn at random, are among the `c` that passed. Returns null when
 * n < k.
 */
export function passHatK(n: number, c: number, k: number): number | null {
  return n < k ? null : computeCombinationRatio(c, n, k);
}

export interface PassAtK {
  readonly k: number;
  /** Pairs with at least k repetitions. */
  readonly pairs: number;
  readonly pass_at_k: number;
  readonly pass_hat_k: number;
}

/**
 * Means over the pairs with at least k repetitions, for each k. `c` of a pair's `n` repetitions passed. Returns an empty value
 * if no pair has two repetitions.
 */
export function listRepetitionRates(pairs: readonly { readonly n: number; readonly c: number }[]): PassAtK[] {
  const maxRepetitions = Math.max(0, ...pairs.map(({ n }) => n));
  if (maxRepetitions < 2) return [];
  return Array.from({ length: maxRepetitions }, (_, index) => {
    const k = index + 1;
    const sufficientPairs = pairs.filter(({ n }) => n >= k);
    const computeMean = (estimator: typeof passAtK): number =>
      sufficientPairs.reduce((sum, { n, c }) => sum + (estimator(n, c, k) ?? 0), 0) / sufficientPairs.length;
    return {
      k,
      pairs: sufficientPairs.length,
      pass_at_k: computeMean(passAtK),
      pass_hat_k: computeMean(passHatK),
    };
  });
}

/** C(part, k) / C(whole, k), as a product that does not overflow. */
function computeCombinationRatio(part: number, total: number, k: number): number {
  let ratio = 1;
  for (let i = 0; i < k; i += 1) ratio *= Math.max(0, part - i) / (total - i);
  return ratio;
}
