import { expect, test } from 'vitest';
import { OncePerKey } from './once-per-key.ts';

test('work is done once for all who wait, and remembered', async () => {
  const once = new OncePerKey<number>();
  let calls = 0;
  const work = async (): Promise<number> => ++calls;
  expect(await Promise.all([once.get('a', work), once.get('a', work), once.get('b', work)])).toEqual([
    1, 1, 2,
  ]);
  expect(await once.get('a', work)).toBe(1);
  once.delete('a');
  expect(await once.get('a', work)).toBe(3);
});

test('work that fails is tried again by the next', async () => {
  const once = new OncePerKey<string>();
  const fail = (): Promise<string> => Promise.reject(new Error('no'));
  await expect(Promise.all([once.get('a', fail), once.get('a', fail)])).rejects.toThrow('no');
  expect(await once.get('a', async () => 'yes')).toBe('yes');
});

test('a waiter that leaves does not end the work, and the last one does', async () => {
  const once = new OncePerKey<string>();
  const [first, second] = [new AbortController(), new AbortController()];
  let stop: AbortSignal | undefined;
  const work = (signal: AbortSignal): Promise<string> => {
    stop = signal;
    return new Promise(() => {});
  };
  const pending = [once.get('a', work, first.signal), once.get('a', work, second.signal)];
  first.abort(new Error('one left'));
  await expect(pending[0]).rejects.toThrow('one left');
  expect(stop?.aborted).toBe(false);
  second.abort(new Error('two left'));
  await expect(pending[1]).rejects.toThrow('two left');
  expect(stop?.reason).toEqual(new Error('two left'));
  expect(once.has('a')).toBe(false);
});

test('who has aborted already starts nothing', async () => {
  const once = new OncePerKey<string>();
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(once.get('a', () => expect.fail('started'), signal)).rejects.toThrow('enough');
});
