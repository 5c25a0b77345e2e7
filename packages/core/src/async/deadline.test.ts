import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Deadline } from './deadline.ts';

test('aborts when the time is up, and says that it was the time', async () => {
  using deadline = new Deadline(new AbortController().signal, 10);
  await delay(40);
  expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
  expect(deadline.passed).toBe(true);
});

test('aborts with the other signal, for its reason, and the time does not count any more', async () => {
  const stop = new AbortController();
  using deadline = new Deadline(stop.signal, 10);
  stop.abort('stopped');
  await delay(40);
  expect(deadline.signal.reason).toBe('stopped');
  expect(deadline.passed).toBe(false);
});

test('is aborted from the start when the other signal is', () => {
  using deadline = new Deadline(AbortSignal.abort('stopped'), 10);
  expect(deadline.signal.reason).toBe('stopped');
});

test('leaves nothing with the other signal and aborts no more once disposed', async () => {
  const stop = new AbortController();
  const deadline = new Deadline(stop.signal, 10);
  deadline[Symbol.dispose]();
  await delay(40);
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  expect(deadline.signal.aborted).toBe(false);
});
