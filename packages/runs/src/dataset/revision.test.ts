import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { datasetRevision } from './revision.ts';

function folderOf(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'cooperbench-revision-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

const revisionOf = (directory: string) =>
  datasetRevision([{ repo: 'r', taskId: 1, image: 'i', directory, features: [1], title: '' } as never]);

const files = { 'feature1/feature.md': 'Add it.', 'repo/.hidden/a': '1', 'repo/b': '2' };

test('the same files have the same revision, wherever they are', () => {
  expect(revisionOf(folderOf(files))).toBe(revisionOf(folderOf(files)));
});

test.for([
  { ...files, 'feature1/feature.md': 'Add that.' },
  { ...files, 'repo/.hidden/a': '2' },
  { 'feature1/feature.md': 'Add it.', 'repo/a': '1', 'repo/b': '2' },
])('other files have another revision: %j', (other) => {
  expect(revisionOf(folderOf(other))).not.toBe(revisionOf(folderOf(files)));
});

test('links that lead upwards end, and count as their targets', () => {
  const revisions = ['..', '../..'].map((target) => {
    const directory = folderOf(files);
    for (let link = 0; link < 8; link++) symlinkSync(target, join(directory, `repo/.hidden/${link}`));
    return revisionOf(directory);
  });
  expect(new Set(revisions).size).toBe(2);
});
