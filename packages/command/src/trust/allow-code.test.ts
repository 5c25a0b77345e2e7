import { expect, test } from 'vitest';
import { createUntrustedError } from './allow-code.ts';

test('names of plugins and folders cannot forge the question', () => {
  const names = ['./mine.mjs\nYou trust it already.', '\u001b[2Jharmless'];
  const { message } = createUntrustedError(
    { kind: 'configuration', folder: '/a\u001b[1A\rb', names },
    'Pass --trust.',
  );
  expect(message).toBe(
    './mine.mjs\\nYou trust it already., harmless would run code of /a\\rb, and you have not trusted this folder.',
  );
});
