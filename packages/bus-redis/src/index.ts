import { definePlugin, objectSchema, option, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import { defaults, type RedisBusOptions } from './options.ts';
import type { WatchEvent, WatchOptions } from './watch.ts';

export type { WatchEvent, WatchOptions } from './watch.ts';

const options = objectSchema<RedisBusOptions>({
  url: option.text('Address of the server.', { default: defaults.url }),
  ttlHours: {
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 24 * 365,
    description: "How long Redis keeps a run's messages after the run ends.",
    default: defaults.ttlHours,
  },
  connectTimeoutMs: option.integer(
    1,
    'How long the server may take to become usable before the run starts.',
    { maximum: 600_000, default: defaults.connectTimeoutMs },
  ),
  outageMs: option.integer(
    1,
    'How long a message waits for a server that is away or full. A run waits for at most five minutes.',
    {
      maximum: 86_400_000,
      default: defaults.outageMs,
    },
  ),
  keyPrefix: option.text('The beginning of every key.', { default: defaults.keyPrefix }),
});

declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'buses/redis': RedisBusOptions;
  }
}

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/bus-redis',
  version: pkg.version,
  apiVersion: 1,
  buses: {
    redis: {
      options,
      create: async (options: RedisBusOptions) => new (await import('./redis-bus.ts')).RedisBus(options),
    },
  },
});

export default plugin;

/**
 * Yields the events of a run that Redis still has, then follows the run live. Continues after `ended`, because a run may be
 * resumed. To end it, stop iterating or abort. @throws the signal's reason when it aborts; ConfigError when Redis cannot be
 * used; CooperBenchError `REDIS_UNAVAILABLE` when it stays away.
 */
export async function* watchRun(
  url: string,
  run: string,
  options: WatchOptions = {},
): AsyncGenerator<WatchEvent, void, void> {
  const { watch } = await import('./watch.ts');
  yield* watch(url, run, options);
}
