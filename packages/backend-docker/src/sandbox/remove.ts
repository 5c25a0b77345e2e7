import { setTimeout as delay } from 'node:timers/promises';
import { SandboxError, withTimeout } from '@cooperbench/core';
import { DaemonTimeoutError } from '../connection/client.ts';
import { extractMessage, findStatus, isDaemonTimeout } from '../connection/faults.ts';
import type { Container } from './container.ts';

const maxAttempts = 6;
/** A daemon that does not answer must not delay the end of a run for long. `silent`: it did not answer earlier calls, either. */
const timeoutMs = { usual: 60_000, silent: 3000 } as const;

/** Removes a sandbox's container and the one that holds its network. @throws SandboxError `SANDBOX_REMOVE`. */
export async function removeSandbox(container: Container): Promise<void> {
  const { network, loss } = container;
  await Promise.all([container, ...(network ? [{ ...network, loss }] : [])].map(removeContainer));
}

/** Removes a container and its volumes. Harmless when it is gone. @throws SandboxError `SANDBOX_REMOVE`. */
export async function removeContainer({
  api,
  name,
  loss,
}: Pick<Container, 'api' | 'name'> & Partial<Pick<Container, 'loss'>>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const limitMs = loss?.silent ? timeoutMs.silent : timeoutMs.usual;
    const createTimeoutError = (): Error =>
      new DaemonTimeoutError(`it did not answer within ${limitMs / 1000} s`);
    try {
      await withTimeout(limitMs, () => api.remove({ force: true, v: true }), createTimeoutError);
      return;
    } catch (error) {
      const status = findStatus(error);
      if (status === 404) return;
      // 409: another call is removing it. No answer: the daemon may be restarting.
      if (attempt === maxAttempts || isDaemonTimeout(error))
        throw new SandboxError(
          'SANDBOX_REMOVE',
          `The container ${name} could not be removed: ${extractMessage(error)}`,
          {
            hint: 'cooperbench clean --backend docker removes what is left.',
            cause: error,
          },
        );
      await delay(100 * 2 ** attempt);
    }
  }
}
