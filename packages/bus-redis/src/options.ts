/** The options of the bus. The schema of the plugin describes them. */
export interface RedisBusOptions {
  readonly url?: string;
  readonly ttlHours?: number;
  readonly connectTimeoutMs?: number;
  readonly outageMs?: number;
  readonly keyPrefix?: string;
}

/** The defaults of the options. */
export const defaults: Required<RedisBusOptions> = {
  url: 'redis://localhost:6379',
  ttlHours: 24,
  connectTimeoutMs: 5000,
  outageMs: 60_000,
  keyPrefix: 'cooperbench:',
};
