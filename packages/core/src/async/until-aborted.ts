/** Waits for an operation that has other callers, too. Rejects with the signal's reason on abort. The operation continues. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  // After an abort, nothing else may handle the operation's failure.
  work.catch(() => {});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Passes on what an operation yields. Rejects with the signal's reason on abort. The operation may continue. */
export async function* iterateUntilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let hasEnded = false;
  try {
    for (;;) {
      const item = await untilAborted(iterator.next(), signal);
      hasEnded = item.done === true;
      if (item.done) return;
      yield item.value;
    }
  } finally {
    const ending = hasEnded ? undefined : iterator.return?.();
    // An operation that hangs does not end here, either.
    if (ending) await untilAborted(ending, signal).catch(() => {});
  }
}
