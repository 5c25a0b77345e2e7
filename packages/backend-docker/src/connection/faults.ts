import { type Fault, toConfigError, toSandboxError } from '@cooperbench/backend-kit';
import { type ConfigError, type CooperBenchError, getMessage } from '@cooperbench/core';
import type { Endpoint } from './endpoint.ts';

/** Finds the HTTP status of the daemon's answer. Returns undefined if it did not answer. */
export function findStatus(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

/** Returns whether the daemon accepted a call but did not answer it in time. */
export function isDaemonTimeout(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ETIMEDOUT';
}

/** Returns the daemon's message, without the client's additions. */
export function extractMessage(error: unknown): string {
  const { json } = error as { json?: { message?: string } | null };
  return (json?.message ?? getMessage(error)).trim();
}

const silentCodes = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);
/** Nobody listens. After the other codes, a daemon may be busy with what code in a container did. */
const unreachableCodes = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
const denied = new Set(['EACCES', 'EPERM']);

/** Says why there was no answer. Returns undefined if there was one. */
function findConnectionFault(endpoint: Endpoint, error: unknown): Fault | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  const place = `${endpoint.host} (${endpoint.from})`;
  if (denied.has(code))
    return {
      code: 'DOCKER_PERMISSION',
      message: `You may not use the Docker daemon's socket at ${place}.`,
      hint: 'Join the group docker (sudo usermod -aG docker $USER, then log in again), or use a rootless daemon.',
      retryable: true,
      fromOutside: true,
    };
  if (silentCodes.has(code) || findStatus(error) === undefined)
    return {
      code: 'DOCKER_UNREACHABLE',
      message: `No Docker daemon answers at ${place}: ${getMessage(error)}`,
      hint: 'Start Docker, or name another daemon in DOCKER_HOST; --backend local needs none.',
      retryable: true,
      fromOutside: unreachableCodes.has(code),
    };
  return undefined;
}

/** Creates the error of a check before a run. */
export function createConfigFault(endpoint: Endpoint, error: unknown): ConfigError {
  const message = `The Docker daemon at ${endpoint.host} (${endpoint.from}) refused: ${extractMessage(error)}`;
  return toConfigError(error, findConnectionFault(endpoint, error) ?? { code: 'DOCKER_REFUSED', message });
}

/** Creates the error of a call during a run. `code` applies to errors that have no code of their own. */
export function createSandboxFault(
  endpoint: Endpoint,
  error: unknown,
  code: string,
  operation: string,
): CooperBenchError {
  return toSandboxError(error, findConnectionFault(endpoint, error) ?? callFault(error, code, operation));
}

function callFault(error: unknown, code: string, operation: string): Fault {
  const message = extractMessage(error);
  if (isDiskFull(message))
    return {
      code: 'DOCKER_DISK',
      message: `${operation}: Docker's disk is full: ${message}`,
      hint: 'Make room: docker system prune removes what nothing uses.',
    };
  if (noAddress.test(message))
    return {
      code: 'DOCKER_ADDRESSES',
      message: `${operation}: ${message}`,
      hint: 'Lower --concurrency, or give the daemon larger default-address-pools.',
      capacity: {},
    };
  if (isPullLimit(message))
    return {
      code: 'DOCKER_BUSY',
      message: `${operation}: the registry limits how much is pulled: ${message}`,
      hint: 'docker login raises the limit.',
      capacity: {},
    };
  if (code === 'SANDBOX_CREATE' && isBusy.test(message))
    return {
      code: 'DOCKER_BUSY',
      message: `${operation}: Docker has no room for another container now: ${message}`,
      hint: 'Lower --concurrency, or close other programs on that machine.',
      capacity: {},
    };
  const status = findStatus(error) ?? 0;
  // 404: an image or a network was removed in the meantime. 409: another call is using it. The next attempt may succeed.
  const retryable = status >= 500 || status === 404 || status === 409;
  return { code, message: `${operation}: ${message}`, retryable };
}

/** Docker's bridge has no address or no port for another container, or there is no range of addresses for another network. */
const noAddress =
  /no available IPv[46] addresses|available, non-overlapping IPv[46] address pool|predefined address pools have been fully subnetted|to bridge \S+ failed: exchange full/;

/** The machine has no processes or memory left for another container. */
const isBusy = /resource temporarily unavailable|cannot allocate memory|too many open files/;

/** Returns whether a registry limits how much is pulled. Docker Hub's answer begins with this word. */
export function isPullLimit(message: string): boolean {
  return message.includes('toomanyrequests');
}

/**
 * Returns whether the disk is full. The daemon has no code for it, but its answer (500) ends with the kernel's message, which
 * never differs.
 */
export function isDiskFull(message: string): boolean {
  return message.includes('no space left on device') || message.includes('disk quota exceeded');
}
