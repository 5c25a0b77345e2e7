import { endSandboxes } from '@cooperbench/core/host';
import { expect, test, vi } from 'vitest';
import { createClosingBackend } from './closing.ts';

test('a process that must end at once also ends the sandboxes of a backend that a command made', async () => {
  const dispose = vi.fn(async () => {});
  {
    await using _backend = createClosingBackend({ [Symbol.asyncDispose]: dispose });
    await endSandboxes(1000);
    expect(dispose).toHaveBeenCalledTimes(1);
  }
  expect(dispose).toHaveBeenCalledTimes(2);
  await endSandboxes(1000);
  expect(dispose).toHaveBeenCalledTimes(2);
});
