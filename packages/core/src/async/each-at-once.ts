/**
 * Processes items, at most `concurrency` at once, and yields results as they arrive. Takes an item only when work on it can
 * start. The first failure ends the iteration after all started work has settled.
 */
export async function* eachAtOnce<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const queue = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const ready: ({ value: R } | { error: unknown })[] = [];
  let running = 0;
  let exhausted = false;
  let wake: () => void = () => {};
  const next = async (): Promise<void> => {
    try {
      const item = await queue.next();
      if (item.done) exhausted = true;
      else if (!exhausted) ready.push({ value: await work(item.value) });
    } catch (error) {
      ready.push({ error });
    }
    running -= 1;
    wake();
  };
  const start = (): void => {
    while (!exhausted && running < concurrency) {
      running += 1;
      void next();
    }
  };
  const settled = async (): Promise<void> => {
    if (ready.length === 0 && running > 0) await new Promise<void>((resolve) => (wake = resolve));
  };
  try {
    for (start(); running > 0 || ready.length > 0; start()) {
      await settled();
      for (const result of ready.splice(0)) {
        if ('error' in result) throw result.error;
        yield result.value;
      }
    }
  } finally {
    exhausted = true;
    while (running > 0) {
      ready.length = 0;
      await settled();
    }
    await queue.return?.();
  }
}
