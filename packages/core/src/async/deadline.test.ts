import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Deadline, GracePeriod, settledWithin, withTimeout } from './deadline.ts';

test('aborts when the time is up, and says that it was the time', async () => {
  using deadline = new Deadline(10);
  await delay(40);
  expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
  expect(deadline.passed).toBe(true);
});

test('aborts with the other signal, for its reason, and the time does not count any more', async () => {
  const stop = new AbortController();
  using deadline = new Deadline(10, stop.signal);
  stop.abort('stopped');
  await delay(40);
  expect(deadline.signal.reason).toBe('stopped');
  expect(deadline.passed).toBe(false);
});

test('is aborted from the start when the other signal is', () => {
  using deadline = new Deadline(10, AbortSignal.abort('stopped'));
  expect(deadline.signal.reason).toBe('stopped');
});

test('leaves nothing with the other signal and aborts no more once disposed', async () => {
  const stop = new AbortController();
  const deadline = new Deadline(10, stop.signal);
  deadline[Symbol.dispose]();
  await delay(40);
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  expect(deadline.signal.aborted).toBe(false);
});

const never = (): Promise<never> => new Promise(() => {});
const late = (): Error => new Error('late');

test('work has its result in time', async () => {
  expect(await withTimeout(60_000, async () => 1, late)).toBe(1);
  await expect(withTimeout(60_000, () => Promise.reject(new Error('no')), late)).rejects.toThrow('no');
});

test('when the time is up, work is aborted and nothing waits for it', async () => {
  let signal: AbortSignal | undefined;
  const work = (given: AbortSignal): Promise<never> => {
    signal = given;
    return never();
  };
  await expect(withTimeout(10, work, late)).rejects.toThrow('late');
  expect(signal?.reason).toMatchObject({ name: 'TimeoutError' });
});

test('when another signal aborts, its reason counts', async () => {
  const stop = new AbortController();
  const pending = withTimeout(60_000, never, late, stop.signal);
  stop.abort(new Error('enough'));
  await expect(pending).rejects.toThrow('enough');
  await expect(withTimeout(60_000, never, late, stop.signal)).rejects.toThrow('enough');
});

test('a wait ends when all has settled, whether it failed or not', async () => {
  expect(await settledWithin(60_000, Promise.resolve(1), Promise.reject(new Error('no')))).toBe(true);
  expect(await settledWithin(0)).toBe(true);
});

test('a wait for what never settles ends when the time is up', async () => {
  expect(await settledWithin(10, new Promise(() => {}))).toBe(false);
});

test.for([2 ** 31, Number.MAX_VALUE, Number.POSITIVE_INFINITY])(
  'a limit of %d ms is not up at once',
  async (ms) => {
    using deadline = new Deadline(ms);
    await delay(20);
    expect(deadline.signal.aborted).toBe(false);
  },
);

test('a grace period begins with the abort', async () => {
  const stop = new AbortController();
  using grace = new GracePeriod(10, stop.signal);
  await delay(30);
  expect(grace.signal.aborted).toBe(false);
  stop.abort(new Error('enough'));
  await expect.poll(() => grace.signal.aborted).toBe(true);
  expect(grace.signal.reason).toMatchObject({
    name: 'TimeoutError',
    message: 'it did not end within 0.01 s of the interruption',
  });
  using later = new GracePeriod(10, stop.signal);
  await expect.poll(() => later.signal.aborted).toBe(true);
});
