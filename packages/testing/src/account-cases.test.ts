import { ConfigError } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { checkAccount } from './account-cases.ts';
import { hostBackend } from './index.ts';

test('a suite without an account is refused once, with what is missing', async () => {
  let disposals = 0;
  const backend = (preflight: () => Promise<readonly string[]>) => ({
    ...hostBackend(),
    preflight,
    async [Symbol.asyncDispose]() {
      disposals += 1;
    },
  });
  await checkAccount(backend(async () => []));
  const missing = new ConfigError('NO_TOKEN', 'There is no token.', { hint: 'Make one.' });
  await expect(checkAccount(backend(() => Promise.reject(missing)))).rejects.toThrow(
    'These tests need an account. There is no token.\nMake one.',
  );
  expect(disposals).toBe(2);
});
