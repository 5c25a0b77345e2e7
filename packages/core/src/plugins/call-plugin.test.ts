import { expect, test, vi } from 'vitest';
import { SandboxError } from '../contracts/errors.ts';
import { callPlugin } from './call-plugin.ts';

const never = (): Promise<never> => new Promise(() => {});
const fault = (reason: string): object => ({
  ...{ name: 'PluginError', code: 'PLUGIN_FAULT', message: `It failed: ${reason}` },
});

test('a result passes, and any other error than ours names what failed', async () => {
  expect(await callPlugin('It failed', () => 1)).toBe(1);
  const broken = (): never => {
    throw new Error('boom');
  };
  await expect(callPlugin('It failed', broken)).rejects.toMatchObject(fault('boom'));
  await expect(callPlugin('It failed', () => Promise.reject('no'))).rejects.toMatchObject(fault('no'));
  const own = new SandboxError('NO_ROOM', 'there is no room');
  await expect(callPlugin('It failed', () => Promise.reject(own))).rejects.toBe(own);
});

test('a call that takes too long is a fault, and its signal aborts', async () => {
  let stop: AbortSignal | undefined;
  const call = (signal: AbortSignal): Promise<never> => {
    stop = signal;
    return never();
  };
  const calling = callPlugin('It failed', call, { limitMs: 10 });
  await expect(calling).rejects.toMatchObject(fault('it did not answer within 0.01 s'));
  expect(stop?.aborted).toBe(true);
});

test('an abort ends the wait with its reason, also when it is a timeout of the user', async () => {
  const reason = new Error('enough');
  const stop = new AbortController();
  const calling = callPlugin('It failed', never, { signal: stop.signal });
  stop.abort(reason);
  await expect(calling).rejects.toBe(reason);
  const timeout = AbortSignal.timeout(1);
  await expect(callPlugin('It failed', never, { signal: timeout })).rejects.toMatchObject({
    name: 'TimeoutError',
    message: expect.not.stringContaining('It failed'),
  });
});

test('what comes too late is discarded, and its failure ends nothing', async () => {
  const late = Promise.withResolvers<string>();
  const discard = vi.fn(() => Promise.reject(new Error('cannot be removed')));
  const calling = callPlugin('It failed', () => late.promise, { limitMs: 1, discard });
  await expect(calling).rejects.toMatchObject(fault('it did not answer within 0.001 s'));
  expect(discard).not.toHaveBeenCalled();
  late.resolve('sandbox');
  await expect.poll(() => discard.mock.calls).toEqual([['sandbox']]);
});
