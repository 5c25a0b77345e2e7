import { once } from 'node:events';
import { connect } from 'node:net';
import { ConfigError, Deadline, getMessage, removePassword } from '@cooperbench/core';
import type { ModelPlan } from './plan.ts';
import type { Environment } from './resolve.ts';

const connectMs = 10_000;

/**
 * Opens a connection to a model's server and sends nothing. Does not try a provider's own address, nor any address when the
 * environment names a proxy. @throws ConfigError `MODEL_SERVER_UNREACHABLE`.
 */
export async function checkReachable(
  { endpoint, model }: ModelPlan,
  env: Environment,
  signal?: AbortSignal,
): Promise<void> {
  const { baseUrl } = endpoint;
  if (baseUrl === undefined) return;
  const { protocol, hostname, port, host } = new URL(baseUrl);
  const isOfProvider =
    protocol === 'https:' && model.row.baseUrl !== undefined && host === new URL(model.row.baseUrl).host;
  if (isOfProvider || hasProxy(env)) return;
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  });
  using deadline = new Deadline(connectMs, signal);
  try {
    await once(socket, 'connect', { signal: deadline.signal });
  } catch (error) {
    signal?.throwIfAborted();
    const reason = deadline.passed
      ? `no connection within ${connectMs / 1000} s`
      : ((error as NodeJS.ErrnoException).code ?? getMessage(error));
    throw new ConfigError(
      'MODEL_SERVER_UNREACHABLE',
      `The server of the model "${model.id}" cannot be reached at ${removePassword(baseUrl)}: ${reason}`,
      { hint: 'Start it, or correct --base-url or the variable that holds the address.' },
    );
  } finally {
    socket.destroy();
  }
}

function hasProxy(env: Environment): boolean {
  return ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some((name) => env[name]?.trim());
}
