import { parsePatch } from 'diff';
import { expect, test } from 'vitest';
import { patchFiles } from './patch-files.ts';

const file = (name: string, lines: number): string =>
  [
    ...[
      `diff --git a/${name} b/${name}`,
      `--- a/${name}`,
      `+++ b/${name}`,
      `@@ -1,2 +1,${lines + 2} @@ def f():`,
    ],
    ...[
      ' first',
      ...Array.from({ length: lines }, (_, line) => `+line ${line} of many that are long`),
      ' last',
      '',
    ],
  ].join('\n');

test('a large file leaves the others of a patch whole', () => {
  const files = patchFiles(`${file('a', 3)}${file('large', 20_000)}${file('z', 4)}`);
  expect(files.map(({ left_out }) => left_out > 0)).toEqual([false, true, false]);
  expect(files.map(({ text }) => parsePatch(text)[0]?.newFileName)).toEqual(['b/a', 'b/large', 'b/z']);
  const large = parsePatch(files[1]?.text ?? '')[0]?.hunks[0];
  expect(large?.lines.length).toBeGreaterThan(5000);
  expect(large?.lines[1]).toBe('+line 0 of many that are long');
  expect(files[1]?.text).toContain(' @@ def f():');
  expect(files[2]?.text).toBe(file('z', 4));
});

test('of a patch with very many files, each has its name', () => {
  const files = patchFiles(Array.from({ length: 30 }, (_, index) => file(`f${index}`, 8000)).join(''));
  expect(files).toHaveLength(30);
  expect(files.at(-1)?.text).toContain('+++ b/f29');
  expect(files.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(4_200_000);
});

test('a patch with very many files, or with large files that have no hunks, stays small', () => {
  const binary = `diff --git a/x b/x\nGIT binary patch\n${'z'.repeat(9_000_000)}`;
  const many = Array.from({ length: 30 }, (_, index) => file(`f${index}`, 8000)).join('');
  expect(patchFiles(`${many}\n${binary}`).at(-1)?.text).toHaveLength(500);
  const empty = Array.from({ length: 12_000 }, (_, n) => `diff --git a/${n} b/${n}\nnew file mode 100644\n`);
  const files = patchFiles(empty.join(''));
  expect(files).toHaveLength(10_001);
  expect(files.at(-1)).toMatchObject({
    text: '2000 more files\n',
    left_out: empty.slice(10_000).join('').length,
  });
});

test('a text that is no patch, and a line without an end, stay texts', () => {
  expect(patchFiles('')).toEqual([]);
  expect(patchFiles('no patch')).toEqual([{ text: 'no patch', left_out: 0 }]);
  expect(patchFiles('x'.repeat(300_000))).toEqual([{ text: 'x'.repeat(200_000), left_out: 100_000 }]);
  const [text] = patchFiles(`diff --git a/a b/a\n+++ b/a\n@@ -0,0 +1 @@\n+${'x'.repeat(300_000)}`);
  expect(text).toEqual({ text: 'diff --git a/a b/a\n+++ b/a\n', left_out: 300_015 });
});

test('only a line feed begins a file: an added line cannot break one out', () => {
  const forged = file('a', 1).replace('+line 0', '+s = "\u2028diff --git a/safe b/safe"\n+line 0');
  expect(patchFiles(`${forged}${file('b', 1)}`)).toHaveLength(2);
});
