import { printable } from '@cooperbench/command';
import {
  asDisposable,
  checkBackend,
  createClosingBackend,
  findFirstReadyBackend,
} from '@cooperbench/command/backends';
import type { PluginOptions } from '@cooperbench/command/settings';
import { type Cancellable, withTimeout } from '@cooperbench/core';
import type { Registry } from '@cooperbench/core/host';
import { buildFailedCheck, buildPassedCheck, type Check } from './check.ts';

/** How long a service may take to answer. */
const timeoutMs = 30_000;
const createTimeoutError = (): Error => new Error(`no answer within ${timeoutMs / 1000} s`);

/** Checks which backends can run a model's commands now. It is a problem when none can. */
export async function checkBackends(
  registry: Registry,
  chosenBackend: string | undefined,
  options: PluginOptions | undefined,
  { signal }: Cancellable,
): Promise<Check[]> {
  const names = registry.list('backends').map(({ name }) => name);
  const checks = await Promise.all(
    names.map(async (name): Promise<Check[]> => {
      const check = (stop: AbortSignal): ReturnType<typeof checkBackend> =>
        checkBackend(registry, name, options?.[name], stop);
      try {
        const notices = await withTimeout(timeoutMs, check, createTimeoutError, signal);
        const warnings = notices.map((text): Check => ({ what: 'backend', status: 'warning', text }));
        const left = await withTimeout(
          timeoutMs,
          (stop) => checkLeftovers(registry, name, options, stop),
          createTimeoutError,
          signal,
        );
        return [
          buildPassedCheck('backend', `${name} is ready to run a model's commands`),
          ...warnings,
          ...left,
        ];
      } catch (error) {
        signal?.throwIfAborted();
        const { text, ...rest } = buildFailedCheck('backend', 'warning', error);
        return [{ ...rest, text: `${name}: ${text}` }];
      }
    }),
  );
  const summary = await summariseChecks(registry, chosenBackend, checks);
  if (summary.length > 0 || chosenBackend !== undefined) return [...checks.flat(), ...summary];
  return [...checks.flat(), await checkDefault(registry, options, { signal })];
}

/** Checks the backend of runs that name none. */
async function checkDefault(
  registry: Registry,
  backendOptions: PluginOptions | undefined,
  { signal = new AbortController().signal }: Cancellable,
): Promise<Check> {
  try {
    const backendRequest = { backendOptions, taskDirs: [], untrusted: true };
    const { backend, backendReason } = await findFirstReadyBackend(registry, backendRequest, {
      signal,
      onEvent() {},
    });
    return buildPassedCheck('backend', `A run that names no backend takes ${backend}, ${backendReason}`);
  } catch (error) {
    signal.throwIfAborted();
    return buildFailedCheck('backend', 'warning', error);
  }
}

/** What dead runs left behind may cost money. */
async function checkLeftovers(
  registry: Registry,
  name: string,
  options: PluginOptions | undefined,
  signal: AbortSignal,
): Promise<Check[]> {
  const backend = await registry.make('backends', name, options?.[name], { given: { backends: options } });
  await using _backend = createClosingBackend(backend);
  const left = (await backend.leftovers?.({ signal })) ?? [];
  if (left.length === 0) return [];
  const shownNames = left.slice(0, 5).map(printable).join(', ');
  const rest = left.length > 5 ? ` and ${left.length - 5} more` : '';
  const text = `${name}: dead runs left ${shownNames}${rest} behind, which may cost money.`;
  return [{ what: 'backend', status: 'warning', text, hint: `cooperbench clean --backend ${name}` }];
}

async function summariseChecks(
  registry: Registry,
  chosenBackend: string | undefined,
  checks: Check[][],
): Promise<Check[]> {
  try {
    if (chosenBackend !== undefined) registry.get('backends', chosenBackend);
  } catch (error) {
    const { text } = buildFailedCheck('backend', 'warning', error);
    const hint = 'Choose another with --backend, or with COOPERBENCH_BACKEND for all commands.';
    return [
      { what: 'backend', status: 'warning', text: `Runs use ${chosenBackend} by default. ${text}`, hint },
    ];
  }
  if (checks.some(([first]) => first?.status === 'ok')) return [];
  const hint =
    'Do what one of the warnings above says. The demo and the agents oracle and nop need none: --backend local runs them.';
  return [
    { what: 'backend', status: 'problem', text: "No backend is ready to run a model's commands.", hint },
  ];
}

/** Checks whether the buses can carry messages. Checks Redis only if there is a URL. */
export async function checkBuses(
  registry: Registry,
  redisUrl: string | undefined,
  options: PluginOptions | undefined,
  { signal }: Cancellable,
): Promise<Check[]> {
  const memory = buildPassedCheck('bus', 'memory');
  if (redisUrl === undefined) return [memory];
  try {
    const bus = await registry.make('buses', 'redis', { ...options?.redis, url: redisUrl });
    await using _bus = asDisposable(bus);
    const notices = (await bus.preflight?.({ signal })) ?? [];
    const warnings = notices.map((text): Check => ({ what: 'bus', status: 'warning', text }));
    return [memory, buildPassedCheck('bus', 'redis'), ...warnings];
  } catch (error) {
    signal?.throwIfAborted();
    return [memory, buildFailedCheck('bus', 'problem', error)];
  }
}
