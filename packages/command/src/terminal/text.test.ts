import { expect, test } from 'vitest';
import { computeDisplayWidth, cutToWidth } from './display-width.ts';
import { formatSafeError, safeText } from './safe-text.ts';

test.for([
  ['plain "text" with ünïcode, 漢字 and 👩‍👧', 'plain "text" with ünïcode, 漢字 and 👩‍👧'],
  [' one\r\ntwo\n\tthree\r \n', 'one\\ntwo\\n\\tthree'],
  ['\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07', 'red link'],
  ['\x9b2Jcleared, \x1b left, \x07 bell, \x85 c1, \x7f', 'cleared, \\x1b left, \\x07 bell, \\x85 c1, \\x7f'],
  ['\u202eltr\u2069 \u200b \u{e0041} a\ud800b \u2028', '\\u202eltr\\u2069 \\u200b \\u{e0041} a\\ud800b'],
] as const)('%j is shown as %j', ([text, shown]) => expect(safeText(text)).toBe(shown));

test('a text is shortened to characters, never to halves of them', () => {
  expect(safeText('👍'.repeat(5), 5)).toBe('👍👍👍👍👍');
  expect(safeText('👍'.repeat(6), 5)).toBe('👍👍👍👍…');
  expect(safeText('x'.repeat(1e7), 5)).toBe('xxxx…');
});

test.for([
  ['abc', 3],
  ['漢字', 4],
  ['ｆｕｌｌ', 8],
  ['한국어', 6],
  ['e\u0301', 1],
  ['👍', 2],
  ['❤\ufe0f', 2],
  ['→ ✓ …', 5],
] as const)('%s takes %i columns', ([text, width]) => expect(computeDisplayWidth(text)).toBe(width));

test('a wide character that does not fit is left out whole', () => {
  expect(cutToWidth('漢字漢字', 8)).toBe('漢字漢字');
  expect(cutToWidth('漢字漢字', 7)).toBe('漢字漢…');
  expect(cutToWidth('漢字漢字', 6)).toBe('漢字…');
  expect(cutToWidth('漢字', 1)).toBe('…');
  expect(cutToWidth('漢字', 0)).toBe('');
});

test('a long error keeps its beginning and its end', () => {
  expect(formatSafeError(`Could not copy ${'x'.repeat(500)}: No space left\n`, 60)).toBe(
    `Could not copy ${'x'.repeat(14)} … ${'x'.repeat(13)}: No space left`,
  );
  expect(formatSafeError('short: why\u001b[31m', 60)).toBe('short: why');
});
