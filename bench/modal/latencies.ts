/** The latencies of the simulated Modal and model, in ms. With shorter ones, what this machine takes would count for more than it does. */
export const latencies = {
  seed: 1,
  coldMs: [2000, 20_000],
  execMs: 80,
  faultRate: 0.01,
  /** The time of a model's answer. */
  thinkMs: [1000, 5000],
  steps: 5,
} as const;
