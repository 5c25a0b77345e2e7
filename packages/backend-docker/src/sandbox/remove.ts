import { setTimeout as delay } from 'node:timers/promises';
import { SandboxError } from '@cooperbench/core';
import { untilAborted } from '@cooperbench/core/backend';
import { saidBy, statusOf } from '../connection/faults.ts';
import type { Container } from './container.ts';

const attempts = 6;
/** A daemon that does not answer must not keep a run from ending. */
const timeoutMs = 60_000;

/** Removes a container and its volumes. Harmless when it is gone. @throws SandboxError `SANDBOX_REMOVE`. */
export async function removeContainer({ api, name }: Pick<Container, 'api' | 'name'>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await untilAborted(api.remove({ force: true, v: true }), AbortSignal.timeout(timeoutMs));
      return;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) return;
      // 409: it is being removed by another call. No answer: the daemon may be starting again.
      if (attempt === attempts || (error as Error).name === 'TimeoutError')
        throw new SandboxError(
          'SANDBOX_REMOVE',
          `The container ${name} could not be removed: ${saidBy(error)}`,
          {
            hint: `docker rm -f ${name} removes it.`,
            cause: error,
          },
        );
      await delay(100 * 2 ** attempt);
    }
  }
}
