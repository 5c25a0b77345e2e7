import { expect, test } from 'vitest';
import { buildPathTree, type TreeNode } from './path-tree.ts';

const shape = (nodes: readonly TreeNode<{ path: string }>[]): unknown =>
  nodes.map(({ name, file, children }) => (file ? name : { [name]: shape(children) }));

test('files stand below their folders, and folders with one folder are one', () => {
  const files = ['src/app/a.ts', 'README.md', 'src/app/parts/b.ts', 'test/deep/er/c.ts'].map((path) => ({
    path,
  }));
  expect(shape(buildPathTree(files))).toEqual([
    { 'src/app': ['a.ts', { parts: ['b.ts'] }] },
    'README.md',
    { 'test/deep/er': ['c.ts'] },
  ]);
});

test('strange paths are files too', () => {
  expect(shape(buildPathTree(['', 'a', 'a/b', '/x'].map((path) => ({ path }))))).toEqual([
    '',
    'a',
    { a: ['b'] },
    { '': ['x'] },
  ]);
});

test('a path of thousands of folders is one name', () => {
  const path = `${'a/'.repeat(50_000)}b`;
  expect(shape(buildPathTree([{ path }]))).toEqual([path]);
});
