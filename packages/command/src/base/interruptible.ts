import { CooperBenchError, getMessage } from '@cooperbench/core/errors';

/** How long work may take to end after an unhandled error. It may wait for the failed part forever. */
const graceMs = 30_000;

/** How long sandboxes may take to end after a second interrupt. */
const lastCallsMs = 5000;

/** Sent by Ctrl-C, by a service manager, and when a terminal or an SSH session closes. */
const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work` with a signal that aborts on an interrupt. A second interrupt prints `lastWords`, ends the sandboxes within some
 * seconds, and then the process. A third ends the process at once. An unhandled error of an agent or a plugin also aborts the
 * signal. After an abort, unhandled errors are ignored.
 * @throws CooperBenchError `UNHANDLED` after an unhandled error, once the work has ended or its grace period is over.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  lastWords = '',
): Promise<T> {
  const controller = new AbortController();
  const { promise: interruption, reject } = Promise.withResolvers<never>();
  interruption.catch(() => {});
  let stray: CooperBenchError | undefined;
  let timer: NodeJS.Timeout | undefined;
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts += 1;
    if (interrupts === 1) controller.abort();
    else if (interrupts > 2) process.exit(130);
    else {
      process.stderr.write(lastWords);
      void import('@cooperbench/core/host')
        .then(({ endSandboxes }) => endSandboxes(lastCallsMs))
        .finally(() => process.exit(130));
    }
  };
  const onStray = (error: unknown): void => {
    if (controller.signal.aborted) return;
    stray = createUnhandledError(error);
    timer = setTimeout(reject, graceMs, stray);
    controller.abort(stray);
  };
  for (const name of interruptions) process.on(name, interrupt);
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
  try {
    const result = await Promise.race([work(controller.signal), interruption]);
    if (stray) throw stray;
    return result;
  } catch (error) {
    throw stray ?? error;
  } finally {
    clearTimeout(timer);
    for (const name of interruptions) process.off(name, interrupt);
    process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
  }
}

function createUnhandledError(cause: unknown): CooperBenchError {
  return new CooperBenchError('UNHANDLED', `Stopped by an unhandled error: ${getMessage(cause)}`, {
    hint: 'An agent or another plugin did not handle a rejected promise, or threw in a callback. Set DEBUG=1 to see where. Repeat the command to resume.',
    cause,
  });
}
