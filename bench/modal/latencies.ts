/** The latencies of the simulated Modal and model, in ms. With shorter ones, what this machine takes would count for more than it does. */
export const latencies = {
  seed: 1,
  coldMs: [2000, 20_000],
  execMs: 80,
  faultRate: 0.01,
  /** The time of a model's answer. */
  thinkMs: [1000, 5000],
  steps: 5,
  /** An image is built once. */
  buildMs: 20_000,
} as const;

/** What the simulated workspace may have: Modal's smallest plan as far as we know it. */
export const limits = { containers: 100, creationsPerSecond: 5 } as const;
