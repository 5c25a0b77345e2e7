import { expect, test } from 'vitest';
import { providerLifetimeMs } from './lifetime.ts';

const rules = { provider: 'Acme', startMs: 120_000, longestMs: 24 * 3_600_000 };

test('a lifetime includes the start, in whole seconds', () => {
  expect(providerLifetimeMs({ name: 'one', lifetimeMs: 90_500 }, rules)).toBe(211_000);
});

test('a lifetime beyond the limit is an error that says how long it is', () => {
  expect(() => providerLifetimeMs({ name: 'long', lifetimeMs: 30 * 3_600_000 }, rules)).toThrow(
    'Acme ends sandboxes after 24 hours, but long is needed for 30.1 hours.',
  );
});
