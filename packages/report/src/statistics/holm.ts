/**
 * Adjusts the p values of one family for their number (Holm 1979): the smallest times m, the next times m − 1, and so on, never
 * below the one before. A null stays null, and is not in the family.
 */
export function adjustHolm(values: readonly (number | null)[]): (number | null)[] {
  const family = values.flatMap((p, index) => (p === null ? [] : [{ p, index }]));
  family.sort((left, right) => left.p - right.p);
  const adjusted: (number | null)[] = values.map(() => null);
  let largest = 0;
  for (const [rank, { p, index }] of family.entries()) {
    largest = Math.max(largest, Math.min(1, (family.length - rank) * p));
    adjusted[index] = largest;
  }
  return adjusted;
}
