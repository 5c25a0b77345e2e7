import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { mapConcurrently } from './map-concurrently.ts';

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('working on items at once', () => {
  test('never more than allowed, and every one', async () => {
    let running = 0;
    let most = 0;
    const results = await collect(
      mapConcurrently(
        Array.from({ length: 50 }, (_, n) => n),
        7,
        async (n) => {
          running += 1;
          most = Math.max(most, running);
          await delay(n % 3);
          running -= 1;
          return n;
        },
      ),
    );
    expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(most).toBe(7);
  });

  test('yields what is ready first', async () => {
    expect(await collect(mapConcurrently([30, 1], 2, (ms) => delay(ms, ms)))).toEqual([1, 30]);
  });

  test('a failure ends it after what was started has settled', async () => {
    let settled = 0;
    let started = 0;
    const failing = collect(
      mapConcurrently([1, 2, 3, 4, 5], 2, async (n) => {
        started += 1;
        if (n === 1) throw new Error('first');
        await delay(20);
        settled += 1;
      }),
    );
    await expect(failing).rejects.toThrow('first');
    expect(settled).toBe(started - 1);
    expect(started).toBeLessThan(5);
  });

  test('takes items as it needs them', async () => {
    let taken = 0;
    function* endless(): Generator<number> {
      for (;;) {
        taken += 1;
        yield taken;
      }
    }
    for await (const value of mapConcurrently(endless(), 3, async (n) => n)) if (value === 3) break;
    expect(taken).toBeLessThan(12);
  });

  test('takes items that take time to make, and ends what makes them', async () => {
    let closed = false;
    async function* slow(): AsyncGenerator<number> {
      try {
        for (const n of [1, 2, 3, 4]) yield await delay(1, n);
      } finally {
        closed = true;
      }
    }
    expect((await collect(mapConcurrently(slow(), 2, async (n) => n))).sort()).toEqual([1, 2, 3, 4]);
    closed = false;
    for await (const _ of mapConcurrently(slow(), 2, async (n) => n)) break;
    expect(closed).toBe(true);
  });

  test('an item that cannot be made ends it', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error('cannot be made');
    }
    await expect(collect(mapConcurrently(failing(), 2, async (n) => n))).rejects.toThrow('cannot be made');
  });
});

test('no limit is a limit, too', async () => {
  expect(await collect(mapConcurrently([1, 2, 3], Number.POSITIVE_INFINITY, async (n) => n))).toEqual([
    1, 2, 3,
  ]);
});

test.for([0, -1, Number.NaN, 0.5])('%d at once are refused', async (concurrency) => {
  await expect(collect(mapConcurrently([1], concurrency, async (n) => n))).rejects.toThrow(
    `concurrency is ${concurrency}; expected a number from 1.`,
  );
});
