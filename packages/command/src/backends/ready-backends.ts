import { withTimeout } from '@cooperbench/core/deadline';
import { ConfigError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import { findPackageProviding } from '../plugins/known-names.ts';
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
  readOptions: () => PluginOptions | undefined,
): Promise<unknown> {
  if (!ConfigError.is(error)) return error;
  const refusedBackend = registry
    .list('backends')
    .filter(({ name }) => error.code.startsWith(codePrefix(name)))
    .reduce<{ name: string } | undefined>(chooseLongerName, undefined);
  if (refusedBackend === undefined && !isMissing(error)) return error;
  const ready = await findReadyBackends(registry, readOptions());
  if (refusedBackend !== undefined && ready.includes(refusedBackend.name)) return error;
  const line =
    ready.length > 0
      ? `Ready on this machine: ${ready.join(', ')}.`
      : 'No installed backend is ready on this machine. Run cooperbench doctor to see why.';
  const { code, message, hint, about, cause } = error;
  return new ConfigError(code, message, { hint: [hint, line].filter(Boolean).join('\n'), about, cause });
}

/** Returns how the codes of a backend's errors begin: for `my-cluster`, `MY_CLUSTER_`. */
function codePrefix(name: string): string {
  return `${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_`;
}

/** A code of `my-cluster` also begins like those of a backend `my`. */
function chooseLongerName(left: { name: string } | undefined, right: { name: string }): { name: string } {
  return left === undefined || right.name.length > left.name.length ? right : left;
}

function isMissing({ code, about }: ConfigError): boolean {
  return (
    code === 'UNKNOWN_BACKEND' && about !== undefined && findPackageProviding('backends', about) !== undefined
  );
}

/** Finds the installed backends that can run a model's commands now. Leaves out a backend that does not answer in time. */
async function findReadyBackends(registry: Registry, options: PluginOptions | undefined): Promise<string[]> {
  const createTimeoutError = (): Error => new Error('no answer');
  const ready = registry.list('backends').map(({ name }) =>
    withTimeout(
      timeoutMs,
      (signal) => checkBackend(registry, name, options?.[name], signal),
      createTimeoutError,
    ).then(
      () => [name],
      () => [],
    ),
  );
  return (await Promise.all(ready)).flat();
}
