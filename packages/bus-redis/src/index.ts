import { defineBus, definePlugin, type PluginHook } from '@cooperbench/core';
import { Type } from 'typebox';
import pkg from '../package.json' with { type: 'json' };
import { defaults } from './options.ts';
import type { WatchEvent, WatchOptions } from './watch.ts';

export type { WatchEvent, WatchOptions } from './watch.ts';

const options = Type.Object(
  {
    url: Type.Optional(
      Type.String({ minLength: 1, description: 'Address of the server.', default: defaults.url }),
    ),
    ttlHours: Type.Optional(
      Type.Number({
        ...{ exclusiveMinimum: 0, maximum: 24 * 365 },
        description: "How long Redis keeps a run's messages after the run ends.",
        default: defaults.ttlHours,
      }),
    ),
    connectTimeoutMs: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 600_000 },
        description: 'How long the server may take to become usable before the run starts.',
        default: defaults.connectTimeoutMs,
      }),
    ),
    outageMs: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 86_400_000 },
        description: 'How long a message waits for a server that is away or full.',
        default: defaults.outageMs,
      }),
    ),
    keyPrefix: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'The beginning of every key.',
        default: defaults.keyPrefix,
      }),
    ),
  },
  { additionalProperties: false },
);

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/bus-redis',
  version: pkg.version,
  apiVersion: 1,
  buses: {
    redis: defineBus({
      options,
      create: async (given) => new (await import('./redis-bus.ts')).RedisBus(given),
    }),
  },
});

export default plugin;

/**
 * Yields what Redis still holds of a run, then follows the run live. Continues after `ended`, because a run may be
 * resumed: stop iterating, or abort. @throws the signal's reason once it aborts; ConfigError when Redis cannot be used;
 * CooperBenchError `REDIS_UNAVAILABLE` when it stays away.
 */
export async function* watchRun(
  url: string,
  run: string,
  options: WatchOptions = {},
): AsyncGenerator<WatchEvent, void, void> {
  const { watch } = await import('./watch.ts');
  yield* watch(url, run, options);
}
