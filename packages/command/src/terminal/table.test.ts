import { expect, test } from 'vitest';
import { computeDisplayWidth, wrapToWidth } from './display-width.ts';
import { paintFor } from './paint.ts';
import { type Row, type TableOptions, table } from './table.ts';

const plain = (rows: readonly Row[], options: TableOptions = {}): string[] =>
  table(rows, { ...options, paint: paintFor(false) });

test('columns line up by display width, numbers to the right, without blanks at the end of a line', () => {
  const rows = [
    ['漢字', '1', 'x'],
    ['name', '1000', ''],
  ];
  expect(plain(rows, { head: ['Task', 'Pairs', 'Note'], right: [1] })).toEqual([
    'Task  Pairs  Note',
    '漢字      1  x',
    'name   1000',
  ]);
});

test('a column without text is left out, with its title', () => {
  expect(plain([['a', '', 'c']], { head: ['A', 'B', 'C'] })).toEqual(['A  C', 'a  c']);
  expect(plain([], { head: ['A'] })).toEqual([]);
  expect(plain([])).toEqual([]);
});

test('a text of several lines keeps to its column', () => {
  expect(plain([['ok', 'one\ntwo', 'end'], ['b']], { indent: '  ' })).toEqual([
    '  ok  one  end',
    '      two',
    '  b',
  ]);
});

test('columns stand closer together when words that cannot be broken do not fit', () => {
  const rows = [['coop', '100.0%', '75.0%', '$0.40']];
  const head = ['Setting', 'Individual', 'Merged', 'Cost'];
  expect(plain(rows, { head, right: [1, 2, 3], columns: 33 })).toEqual([
    'Setting Individual Merged  Cost',
    'coop        100.0%  75.0% $0.40',
  ]);
});

test('a narrow terminal gets the widest texts wrapped between words', () => {
  const rows = [['warning', 'No Docker daemon answers at unix:///var/run/docker.sock', '3']];
  expect(plain(rows, { columns: 44 })).toEqual([
    'warning  No Docker daemon answers at       3',
    '         unix:///var/run/docker.sock',
  ]);
});

test('a word is never broken, however narrow the terminal', () => {
  expect(plain([['Logs', '/a/path/that/is/long']], { columns: 3 })).toEqual(['Logs  /a/path/that/is/long']);
});

test('no line is wider than the terminal where words allow it', () => {
  const text = 'some words of 漢字 and more '.repeat(20);
  for (const columns of [22, 40, 61, 80]) {
    const lines = plain([['name', text, text, '12']], { columns, head: ['Name', 'One', 'Two', 'N'] });
    expect(lines.filter((line) => computeDisplayWidth(line) > columns)).toEqual([]);
  }
});

test('colour does not count as width', () => {
  const rows: Row[] = [
    [['green', 'ok'], 'x'],
    ['warning', ['red', 'y']],
  ];
  const painted = table(rows, { paint: paintFor(true) });
  expect(painted).toEqual(['\x1b[32mok\x1b[39m       x', 'warning  \x1b[31my\x1b[39m']);
});

test('what somebody else wrote cannot steer the terminal', () => {
  expect(plain([['\x1b[2J\x1b[31mred\u202e', 'b']])).toEqual(['red\\u202e  b']);
});

test('widths that are given let tables line up that are printed apart', () => {
  expect(plain([['ok', 'a']], { minWidths: [7] })).toEqual(['ok       a']);
});

test('words are wrapped, and keep what separates them otherwise', () => {
  expect(wrapToWidth('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
  expect(wrapToWidth('toolong a', 3)).toEqual(['toolong', 'a']);
  expect(wrapToWidth('漢字 漢字', 5)).toEqual(['漢字', '漢字']);
  expect(wrapToWidth('', 5)).toEqual(['']);
});
