import { ConfigError } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { expect, test } from 'vitest';
import plugin from './index.ts';

const registry = createContainer([plugin()]).get(tokens.registry);

test('unknown options are refused', () => {
  expect(() => registry.checkOptions('backends', '__name__', { foldr: '/tmp' })).toThrow(
    'unknown key "foldr"; did you mean "folder"?',
  );
});

test('work that is not trusted is refused', async () => {
  const made = await registry.make('backends', '__name__');
  await expect(made.preflight?.({ untrusted: true })).rejects.toThrow(ConfigError);
  expect(await made.preflight?.({ untrusted: false })).toEqual([
    '__package__ runs plain processes, which isolates nothing.',
  ]);
});
