import { expect, test } from 'vitest';
import { listCollisions, mapChanges } from './collisions.ts';

const patch = (hunk: string): string => `--- a/f.py\n+++ b/f.py\n${hunk}`;
const changes = (hunk: string) => mapChanges(patch(hunk)).get('f.py') ?? [];

test('a hunk is the runs of lines that it changes, without its context', () => {
  expect(changes('@@ -10,5 +10,5 @@\n a\n-b\n+B\n c\n+new\n d\n-e\n')).toEqual([
    { start: 11, end: 12, newStart: 11, added: ['B'], removed: ['b'] },
    { start: 13, end: 13, newStart: 13, added: ['new'], removed: [] },
    { start: 14, end: 15, newStart: 15, added: [], removed: ['e'] },
  ]);
});

test.for([
  ['the same line', '@@ -5,1 +5,1 @@\n-x\n+one\n', '@@ -5,1 +5,1 @@\n-x\n+two\n', [[5, 5]]],
  ['lines beside each other', '@@ -5,1 +5,1 @@\n-x\n+one\n', '@@ -6,1 +6,1 @@\n-y\n+two\n', [[5, 6]]],
  ['insertions at one place', '@@ -5,0 +6,1 @@\n+one\n', '@@ -5,0 +6,1 @@\n+two\n', [[6, 6]]],
  ['lines apart', '@@ -5,1 +5,1 @@\n-x\n+one\n', '@@ -7,1 +7,1 @@\n-y\n+two\n', []],
] as const)('changes of %s collide where git says so', ([, one, other, expected]) => {
  const matches = listCollisions(
    new Map([
      ['agent1', changes(one)],
      ['agent2', changes(other)],
    ]),
    new Map(),
  );
  expect(matches.map(({ start, end }) => [start, end])).toEqual(expected);
});

test('text that is not a patch changes nothing', () => {
  for (const text of ['', 'no patch', '@@ -1 +1 @@\n?', '\u0000'.repeat(100), patch('@@ -1,9 +1,9 @@\n-a\n')])
    expect([...mapChanges(text).values()].flat()).toEqual([]);
});

test('of a patch with very many changes, the first collisions are shown', () => {
  const count = 300_000;
  const apart = changes(`@@ -1,${2 * count} +1,${2 * count} @@\n${'-a\n+b\n c\n'.repeat(count)}`);
  const one = changes(`@@ -1,${count} +1,${count} @@\n${'-a\n+b\n'.repeat(count)}`);
  expect([apart.length, one.length]).toEqual([count, 1]);
  const collide = (other: typeof one) =>
    listCollisions(
      new Map([
        ['agent1', apart],
        ['agent2', other],
      ]),
      new Map(),
    );
  expect(collide(apart)).toHaveLength(100);
  const large = collide(one);
  expect(large.map(({ start, end, hunks }) => [start, end, hunks.length])).toEqual([[1, count + 1, 20]]);
});
