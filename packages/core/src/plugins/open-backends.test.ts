import { expect, test, vi } from 'vitest';
import { endSandboxes, forgetBackend, rememberBackend } from './open-backends.ts';

test('open backends are disposed at once, and one that hangs or fails does not hold the others', async () => {
  const [good, mock] = [vi.fn(async () => {}), vi.fn(async () => {})];
  const backends = [
    { [Symbol.asyncDispose]: () => new Promise<void>(() => {}) },
    { [Symbol.asyncDispose]: () => Promise.reject(new Error('no answer')) },
    { [Symbol.asyncDispose]: good },
    {},
  ];
  for (const backend of backends) rememberBackend(backend);
  const disposed = { [Symbol.asyncDispose]: mock };
  rememberBackend(disposed);
  forgetBackend(disposed);
  await endSandboxes(50);
  expect(good).toHaveBeenCalledTimes(1);
  expect(mock).not.toHaveBeenCalled();
  for (const backend of backends) forgetBackend(backend);
});
