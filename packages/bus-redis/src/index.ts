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
        description: "How long Redis keeps what a run left, counted from the run's end.",
        default: defaults.ttlHours,
      }),
    ),
    connectTimeoutMs: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 600_000 },
        description: 'How long Redis may take to answer for the first time.',
        default: defaults.connectTimeoutMs,
      }),
    ),
    outageMs: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 86_400_000 },
        description: 'How long senders and readers wait for a Redis that went away.',
        default: defaults.outageMs,
      }),
    ),
    keyPrefix: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'What every key and channel begins with.',
        default: defaults.keyPrefix,
      }),
    ),
    allowEviction: Type.Optional(
      Type.Boolean({
        description: 'Use a server that evicts keys when its memory is full; what is lost then is reported.',
        default: defaults.allowEviction,
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
 * What a run's seats send, and when they come and go: first what Redis still holds of it, then live. Goes on after
 * `ended`, because a run may be resumed; stop reading, or abort. @throws the signal's reason once it aborts; ConfigError
 * when Redis cannot be used; CooperBenchError `REDIS_UNAVAILABLE` when it stays away.
 */
export async function* watchRun(
  url: string,
  run: string,
  options: WatchOptions = {},
): AsyncGenerator<WatchEvent, void, void> {
  const { watch } = await import('./watch.ts');
  yield* watch(url, run, options);
}
