import { CooperBenchError, messageOf } from '@cooperbench/core/errors';

/** Time that work has to end after an unhandled error. It may be waiting for what failed. */
const graceMs = 30_000;

/**
 * Runs `work` with a signal that aborts on Ctrl-C or SIGTERM. A second one ends the process. An unhandled error of an
 * agent or a plugin stops the work in the same way; after an abort it is ignored.
 * @throws CooperBenchError `UNHANDLED`, once the work has ended or used up its time.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => {});
  let stray: CooperBenchError | undefined;
  let timer: NodeJS.Timeout | undefined;
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts += 1;
    if (interrupts > 1) process.exit(130);
    controller.abort();
  };
  const onStray = (error: unknown): void => {
    if (controller.signal.aborted) return;
    stray = unhandled(error);
    timer = setTimeout(reject, graceMs, stray);
    controller.abort(stray);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
  try {
    const result = await Promise.race([work(controller.signal), late]);
    if (stray) throw stray;
    return result;
  } catch (error) {
    throw stray ?? error;
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
  }
}

function unhandled(cause: unknown): CooperBenchError {
  return new CooperBenchError('UNHANDLED', `Stopped by an unhandled error: ${messageOf(cause)}`, {
    hint: 'An agent or another plugin did not handle a rejected promise, or threw in a callback. Set DEBUG=1 to see where. Repeat the command to resume.',
    cause,
  });
}
