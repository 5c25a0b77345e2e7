/** Described by the schema of the plugin. */
export interface RedisBusOptions {
  readonly url?: string;
  readonly ttlHours?: number;
  readonly connectTimeoutMs?: number;
  readonly outageMs?: number;
  readonly keyPrefix?: string;
}

/** Used for every option that is not given. */
export const defaults: Required<RedisBusOptions> = {
  url: 'redis://localhost:6379',
  ttlHours: 24,
  connectTimeoutMs: 5000,
  outageMs: 60_000,
  keyPrefix: 'cooperbench:',
};
