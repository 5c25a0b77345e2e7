import { expect, test } from 'vitest';
import { listAnsiParts } from './ansi.tsx';
import { formatPlainText } from './plain-text.ts';

test('turns colours into classes and keeps markup as text', () => {
  expect(listAnsiParts('a\u001b[1;31m<b>red</b>\u001b[0mz')).toEqual([
    { content: 'a', classes: '' },
    { content: '<b>red</b>', classes: 'ansi-red-fg ansi-bold' },
    { content: 'z', classes: '' },
  ]);
});

test('drops titles, links, movements and what a carriage return overwrites', () => {
  const text =
    '\u001b]0;title\u0007\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\ \u001b[2K\u001b[3A10%\r99%\rdone\r\n\u0000end';
  expect(
    listAnsiParts(text)
      .map(({ content }) => content)
      .join(''),
  ).toBe('done\nend');
});

test('takes linear time for a line as long as a page shows', () => {
  for (const text of ['x'.repeat(400_000), '\r'.repeat(400_000)])
    expect(listAnsiParts(`${text}\ry`).map(({ content }) => content)).toEqual(['y']);
  expect(listAnsiParts('x'.repeat(400_000))).toHaveLength(1);
});

test('makes one short line of a text', () => {
  expect(formatPlainText('  a\n\u001b[31mb\u001b[0m\tc ')).toBe('a b c');
  expect(formatPlainText('x'.repeat(400)).length).toBe(300);
});
