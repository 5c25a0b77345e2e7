import { within } from '@cooperbench/core/deadline';
import { ConfigError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import { installIt } from '../plugins/known-names.ts';
import type { PluginOptions } from '../settings/values.ts';
import { checkBackend } from './check-backend.ts';

/** How long all backends together may take to answer. */
const timeoutMs = 3000;

/**
 * Adds the backends that are ready to the hint of an error about a backend that is not installed, and to that of an error of a
 * backend that is not ready.
 */
export async function withReadyBackends(
  error: unknown,
  registry: Registry,
  optionsOf: () => PluginOptions | undefined,
): Promise<unknown> {
  if (!ConfigError.is(error)) return error;
  // The codes of a backend's errors begin with its name.
  const refused = registry
    .list('backends')
    .find(({ name }) => error.code.startsWith(`${name.toUpperCase()}_`));
  if (refused === undefined && !isMissing(error)) return error;
  const ready = await readyBackends(registry, optionsOf());
  if (refused !== undefined && ready.includes(refused.name)) return error;
  const line =
    ready.length > 0
      ? `Ready on this machine: ${ready.join(', ')}.`
      : 'No installed backend is ready on this machine. Run cooperbench doctor to see why.';
  const { code, message, hint, about, cause } = error;
  return new ConfigError(code, message, { hint: [hint, line].filter(Boolean).join('\n'), about, cause });
}

function isMissing({ code, hint }: ConfigError): boolean {
  return code === 'UNKNOWN_BACKEND' && hint?.startsWith(installIt) === true;
}

/** The installed backends that can run a model's commands now. Leaves out a backend that does not answer in time. */
async function readyBackends(registry: Registry, options: PluginOptions | undefined): Promise<string[]> {
  const late = (): Error => new Error('no answer');
  const ready = registry.list('backends').map(({ name }) =>
    within(timeoutMs, (signal) => checkBackend(registry, name, options?.[name], signal), late).then(
      () => [name],
      () => [],
    ),
  );
  return (await Promise.all(ready)).flat();
}
