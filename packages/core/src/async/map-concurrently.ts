/**
 * Processes items, at most `concurrency` at once, and yields results as they arrive. Takes an item only when work on it can
 * start. The first failure ends the iteration after all started work has settled. @throws RangeError unless `concurrency` is at
 * least 1.
 */
export async function* mapConcurrently<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  if (!(concurrency >= 1)) throw new RangeError(`concurrency is ${concurrency}; expected a number from 1.`);
  const queue = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const ready: ({ value: R } | { error: unknown })[] = [];
  let running = 0;
  let taking = false;
  let exhausted = false;
  let wake: () => void = () => {};
  const process = async (item: T): Promise<void> => {
    running += 1;
    try {
      ready.push({ value: await work(item) });
    } catch (error) {
      ready.push({ error });
    }
    running -= 1;
    wake();
  };
  // Takes one item after the other, because only the queue knows whether it has another.
  const take = async (): Promise<void> => {
    taking = true;
    while (!exhausted && running + ready.length < concurrency) {
      try {
        const item = await queue.next();
        if (item.done) exhausted = true;
        else if (!exhausted) void process(item.value);
      } catch (error) {
        exhausted = true;
        ready.push({ error });
      }
    }
    taking = false;
    wake();
  };
  const start = (): void => {
    if (!taking) void take();
  };
  const waitForSettled = async (): Promise<void> => {
    if (ready.length === 0 && (running > 0 || taking)) await new Promise<void>((resolve) => (wake = resolve));
  };
  try {
    for (start(); running > 0 || taking || ready.length > 0; start()) {
      await waitForSettled();
      for (const result of ready.splice(0)) {
        if ('error' in result) throw result.error;
        yield result.value;
      }
    }
  } finally {
    exhausted = true;
    while (running > 0 || taking) {
      ready.length = 0;
      await waitForSettled();
    }
    await queue.return?.();
  }
}
