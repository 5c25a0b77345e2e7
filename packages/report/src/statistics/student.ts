/**
 * Computes the quantile of Student's t distribution: the t with P(T ≤ t) = `probability`. `degrees` is at least 1,
 * `probability` between 0 and 1. Accurate to about 1e-10.
 */
export function computeStudentQuantile(probability: number, degrees: number): number {
  if (probability === 0.5) return 0;
  if (probability < 0.5) return -computeStudentQuantile(1 - probability, degrees);
  let low = 0;
  let high = 1;
  while (computeStudentCdf(high, degrees) < probability) high *= 2;
  for (let round = 0; round < 200 && high - low > 1e-13 * high; round += 1) {
    const middle = (low + high) / 2;
    if (computeStudentCdf(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T ≤ t) for t ≥ 0. Abramowitz and Stegun 26.7.1: 1 - I_x(ν/2, 1/2) / 2 with x = ν / (ν + t²). */
function computeStudentCdf(t: number, degrees: number): number {
  return 1 - computeIncompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
}

/**
 * Computes the regularised incomplete beta function I_x(a, b). NIST DLMF 8.17.22, whose fraction converges fast for small x.
 */
function computeIncompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - computeIncompleteBeta(1 - x, b, a);
  const front =
    Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  return front * computeContinuedFraction(x, a, b);
}

/** 1 / (1 + d₁/(1 + d₂/(1 + …))) by Lentz's method. */
function computeContinuedFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let numerator = 1;
  let denominator = 0;
  let value = 1;
  for (let index = 0; index < 1000; index += 1) {
    const m = Math.floor(index / 2);
    const term =
      index === 0
        ? 1
        : index % 2 === 0
          ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
          : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    denominator = 1 / (1 + term * denominator || tiny);
    numerator = 1 + term / numerator || tiny;
    const change = numerator * denominator;
    value *= change;
    if (index > 0 && Math.abs(change - 1) < 1e-15) break;
  }
  return value - 1;
}

/** Returns the logarithm of the gamma function for x > 0: Stirling's series (DLMF 5.11.1) after a shift to x ≥ 12. */
export function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 12; z += 1) shift += Math.log(z);
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shift;
}
