import { ConfigError } from '@cooperbench/core/errors';
import type { RunOptions } from '@cooperbench/runs';

/** Options of core, and a URL that is short for the bus `redis` with an option. */
export interface RunOptionsWithRedis extends RunOptions {
  readonly redisUrl?: string | undefined;
}

/** Converts `redisUrl` to options of core. @throws ConfigError `OPTIONS_CONTRADICT`. */
export function splitRedisUrl<O extends RunOptionsWithRedis>({
  redisUrl,
  ...options
}: O): Omit<O, 'redisUrl'> {
  if (redisUrl === undefined) return options;
  const { bus = 'redis', busOptions } = options;
  if (bus !== 'redis')
    throw new ConfigError('OPTIONS_CONTRADICT', `There is a Redis URL, but the bus is "${bus}".`, {
      hint: 'Remove the URL or the bus.',
    });
  const redis = { ...(busOptions?.redis as object | undefined), url: redisUrl };
  return { ...options, bus, busOptions: { ...busOptions, redis } };
}
