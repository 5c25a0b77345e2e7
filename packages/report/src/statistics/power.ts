/** Quantiles of the normal distribution: a two-sided test at 5 %, and a power of 80 %. */
const [z975, z80] = [1.959963984540054, 0.8416212335729143];

/**
 * Returns how many observations find a difference of `difference` with a power of 80 %, in a two-sided test at 5 %: (z.975 +
 * z.80)² σ² / D². `variance`: of the difference of one observation, with what clusters add to it.
 */
export function computeNeededObservations(variance: number, difference: number): number {
  return Math.ceil(((z975 + z80) ** 2 * variance) / difference ** 2);
}
