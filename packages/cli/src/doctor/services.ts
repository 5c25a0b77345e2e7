import type { Backend, Cancellable } from '@cooperbench/core';
import type { Registry } from '@cooperbench/core/host';
import type { PluginOptions } from '../flags/plugin-options.ts';
import { bad, type Check, ok } from './check.ts';

/** How long a service may take to answer. */
const patienceMs = 30_000;

/** Which backends would take a model's commands now. It is a problem when none does, or not the one that runs use. */
export async function backendChecks(
  registry: Registry,
  chosen: string,
  options: PluginOptions | undefined,
  { signal }: Cancellable,
): Promise<Check[]> {
  const names = registry.list('backends').map(({ name }) => name);
  const checks = await Promise.all(
    names.map(async (name): Promise<Check[]> => {
      const limit = AbortSignal.any([AbortSignal.timeout(patienceMs), ...(signal ? [signal] : [])]);
      try {
        const notices = await reach(registry, name, options, limit);
        const warnings = notices.map((text): Check => ({ what: 'backend', status: 'warning', text }));
        return [ok('backend', `${name} takes what models write`), ...warnings];
      } catch (error) {
        signal?.throwIfAborted();
        const why = limit.aborted ? `no answer within ${patienceMs / 1000} s` : error;
        const { text, ...rest } = bad('backend', 'warning', why);
        return [{ ...rest, text: `${name}: ${text}` }];
      }
    }),
  );
  return [...checks.flat(), ...(await verdict(registry, chosen, checks))];
}

async function verdict(registry: Registry, chosen: string, checks: Check[][]): Promise<Check[]> {
  const instead = 'Name another with --backend, or with COOPERBENCH_BACKEND for all commands.';
  try {
    registry.get('backends', chosen);
  } catch (error) {
    const { text } = bad('backend', 'warning', error);
    return [
      { what: 'backend', status: 'warning', text: `Runs use ${chosen} by default. ${text}`, hint: instead },
    ];
  }
  if (checks.some(([first]) => first?.status === 'ok')) return [];
  return [
    { what: 'backend', status: 'problem', text: "No backend takes a model's commands.", hint: instead },
  ];
}

async function reach(
  registry: Registry,
  name: string,
  options: PluginOptions | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  await using stack = new AsyncDisposableStack();
  const backend: Backend = await registry.make('backends', name, options?.[name]);
  stack.defer(async () => backend[Symbol.asyncDispose]?.());
  return (await backend.preflight?.({ untrusted: true, signal })) ?? [];
}

/** Whether messages can go where they would. Redis is asked only when a URL names one. */
export async function busChecks(
  registry: Registry,
  redisUrl: string | undefined,
  options: PluginOptions | undefined,
  { signal }: Cancellable,
): Promise<Check[]> {
  const memory = ok('bus', 'memory');
  if (redisUrl === undefined) return [memory];
  try {
    await using stack = new AsyncDisposableStack();
    const bus = await registry.make('buses', 'redis', { ...options?.redis, url: redisUrl });
    stack.defer(async () => bus[Symbol.asyncDispose]?.());
    await bus.preflight?.({ signal });
    return [memory, ok('bus', 'redis')];
  } catch (error) {
    signal?.throwIfAborted();
    return [memory, bad('bus', 'problem', error)];
  }
}
