/**
 * Works on items, at most `concurrency` at once, and yields results as they come. The first failure ends it, after what
 * had been started has settled.
 */
export async function* eachAtOnce<T, R>(
  items: Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const queue = items[Symbol.iterator]();
  const ready: ({ value: R } | { error: unknown })[] = [];
  let running = 0;
  let exhausted = false;
  let wake: () => void = () => {};
  const settle = (result: { value: R } | { error: unknown }): void => {
    running -= 1;
    ready.push(result);
    wake();
  };
  const start = (): void => {
    while (!exhausted && running < concurrency) {
      const next = queue.next();
      exhausted = next.done === true;
      if (next.done) return;
      running += 1;
      work(next.value).then(
        (value) => settle({ value }),
        (error: unknown) => settle({ error }),
      );
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
  }
}
