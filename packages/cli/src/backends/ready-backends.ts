import { ConfigError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import { installIt } from '../plugins/known-names.ts';
import type { PluginOptions } from '../settings/values.ts';
import { checkBackend } from './check-backend.ts';

/** How long all backends together may take to answer. */
const timeoutMs = 3000;

/** Adds the backends that are ready to the hint of an error about a backend that is not installed or has no credentials. */
export async function withReadyBackends(
  error: unknown,
  registry: Registry,
  optionsOf: () => PluginOptions | undefined,
): Promise<unknown> {
  if (!ConfigError.is(error) || !isMissing(error)) return error;
  const ready = await readyBackends(registry, optionsOf());
  const line =
    ready.length > 0
      ? `Ready on this machine: ${ready.join(', ')}.`
      : 'No installed backend is ready on this machine. Run cooperbench doctor to see why.';
  const { code, message, hint, about, cause } = error;
  return new ConfigError(code, message, { hint: `${hint}\n${line}`, about, cause });
}

function isMissing({ code, hint }: ConfigError): boolean {
  return code === 'MODAL_CREDENTIALS' || (code === 'UNKNOWN_BACKEND' && hint?.startsWith(installIt) === true);
}

/** The installed backends that can run a model's commands now. Leaves out a backend that does not answer in time. */
async function readyBackends(registry: Registry, options: PluginOptions | undefined): Promise<string[]> {
  const timeout = new AbortController();
  const late = Promise.withResolvers<string[]>();
  const timer = setTimeout(() => {
    timeout.abort();
    late.resolve([]);
  }, timeoutMs);
  const ready = registry.list('backends').map(async ({ name }) => {
    const check = checkBackend(registry, name, options?.[name], timeout.signal).then(
      () => [name],
      () => [],
    );
    return Promise.race([check, late.promise]);
  });
  try {
    return (await Promise.all(ready)).flat();
  } finally {
    clearTimeout(timer);
  }
}
