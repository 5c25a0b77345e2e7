/** How far two raters agree on the same items. */
export interface Agreement {
  readonly items: number;
  /** Share of the items on which they agree. It is null if there are none. */
  readonly agreement: number | null;
  /**
   * Cohen's kappa. It is null if there are no items, or both gave all of them the same category, so chance explains
   * everything.
   */
  readonly kappa: number | null;
}

/**
 * Cohen's kappa for nominal categories: (p_o - p_e) / (1 - p_e), with the share of agreement p_o and p_e = sum over the categories
 * of the product of both raters' shares (Cohen 1960, Educational and Psychological Measurement 20, 37-46).
 */
export function computeCohensKappa(ratings: readonly (readonly [one: string, other: string])[]): Agreement {
  const items = ratings.length;
  if (items === 0) return { items, agreement: null, kappa: null };
  const agreement = ratings.filter(([left, right]) => left === right).length / items;
  const share = (category: string, rater: 0 | 1): number =>
    ratings.filter((rating) => rating[rater] === category).length / items;
  const chance = [...new Set(ratings.flat())].reduce(
    (sum, category) => sum + share(category, 0) * share(category, 1),
    0,
  );
  return { items, agreement, kappa: chance === 1 ? null : (agreement - chance) / (1 - chance) };
}
