import { expect, test } from 'vitest';
import { Once } from './once.ts';

test('a value is made when it is needed, once for all who wait', async () => {
  let count = 0;
  const once = new Once(async () => ++count);
  expect(await once.peek()).toBeUndefined();
  expect(await Promise.all([once.get(), once.get()])).toEqual([1, 1]);
  expect(await once.peek()).toBe(1);
  once.forget();
  expect(await once.get()).toBe(2);
});

test('a failure is not kept', async () => {
  let count = 0;
  const once = new Once(async () => {
    count += 1;
    if (count === 1) throw new Error('not yet');
    return count;
  });
  await expect(once.get()).rejects.toThrow('not yet');
  expect(await once.peek()).toBeUndefined();
  expect(await once.get()).toBe(2);
});

test('a caller that leaves does not keep the others from it', async () => {
  const stop = new AbortController();
  const ready = Promise.withResolvers<string>();
  const once = new Once(() => ready.promise);
  const left = once.get(stop.signal);
  stop.abort(new Error('enough'));
  await expect(left).rejects.toThrow('enough');
  ready.resolve('ready');
  expect(await once.get()).toBe('ready');
});
