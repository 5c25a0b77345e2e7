import { expect, test } from 'vitest';
import { isUnchanged } from './plain-text.ts';

test('a shortened text, and one with replaced characters, is not what its file has', () => {
  const text = '+one [U+0041]\n';
  expect(isUnchanged({ text, left_out: 0 })).toBe(true);
  expect(isUnchanged({ text, left_out: 1 })).toBe(false);
  for (const mark of ['\ufffd', '[U+202E]', '[U+2066]'])
    expect(isUnchanged({ text: `${text}${mark}`, left_out: 0 }), mark).toBe(false);
});
