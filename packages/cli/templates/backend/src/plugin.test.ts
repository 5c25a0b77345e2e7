import { ConfigError } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/core/host';
import { expect, test } from 'vitest';
import plugin from './index.ts';

const backend = createContainer([plugin()]).get(tokens.registry).get('backends', '__name__');

test('options that it does not know are refused', () => {
  expect(() => backend.create({ foldr: '/tmp' })).toThrow('unknown key "foldr"; did you mean "folder"?');
});

test('work that is not trusted is refused', async () => {
  const made = await backend.create();
  await expect(made.preflight?.({ untrusted: true })).rejects.toThrow(ConfigError);
  expect(await made.preflight?.({ untrusted: false })).toEqual([]);
});
