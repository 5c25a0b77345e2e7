/** Imports nothing of Node.js: the page of the viewer uses it, too. */

/** Whether one repetition of a unit passed. A unit is a pair, or a seat of a pair. */
export interface Outcome {
  readonly unit: string;
  readonly passed: boolean;
}

/** By unit, the share of its repetitions that passed. */
export function computeUnitRates(outcomes: readonly Outcome[]): Map<string, number> {
  const units = Map.groupBy(outcomes, ({ unit }) => unit);
  return new Map(
    [...units].map(([unit, unitOutcomes]) => [
      unit,
      unitOutcomes.filter(({ passed }) => passed).length / unitOutcomes.length,
    ]),
  );
}

/**
 * Computes the rate of every table and file: the mean over units, so that a pair counts once however often it ran. Returns
 * null if there is none.
 */
export function computeMeanRate(rates: Iterable<number>): number | null {
  const rateList = [...rates];
  return rateList.length === 0 ? null : rateList.reduce((sum, rate) => sum + rate, 0) / rateList.length;
}
