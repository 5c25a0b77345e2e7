import { expect, test } from 'vitest';
import { type DiffRow, findDiffFiles, splitRows } from './diff-rows.ts';

const patch = `diff --git a/src/a.js b/src/a.js
index 1111111..2222222 100644
--- a/src/a.js
+++ b/src/a.js
@@ -3,3 +3,4 @@ function a() {
 one
-two
+2
+<b>three</b>
 four
\\ No newline at end of file
diff --git a/new.txt b/new.txt
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/new.txt
@@ -0,0 +1 @@
+hello
`;

test('numbers the lines of both versions', () => {
  const [changedFile, addedFile] = findDiffFiles(patch) ?? [];
  expect(changedFile).toMatchObject({ path: 'src/a.js', change: 'changed', added: 2, removed: 1 });
  expect(changedFile?.hunks[0]?.rows).toEqual([
    { kind: 'same', text: 'one', old: 3, fresh: 3 },
    { kind: 'removed', text: 'two', old: 4 },
    { kind: 'added', text: '2', fresh: 4 },
    { kind: 'added', text: '<b>three</b>', fresh: 5 },
    { kind: 'same', text: 'four', old: 5, fresh: 6 },
    { kind: 'note', text: ' No newline at end of file' },
  ]);
  expect(addedFile).toMatchObject({ path: 'new.txt', change: 'added', added: 1, removed: 0 });
  expect(addedFile?.hunks[0]?.heading).toBe('@@ -0,0 +1,1 @@');
});

test('has no files for an empty patch, and null for a text that is not a diff', () => {
  expect(findDiffFiles('')).toEqual([]);
  expect(findDiffFiles('I changed nothing.')).toBeNull();
  expect(findDiffFiles('--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n torn')).toBeNull();
});

test('removed lines stand beside added ones', () => {
  const rows = [' a', '-b', '+c', '+d', ' e', '-f'].map(
    (line): DiffRow => ({
      kind: line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : 'same',
      text: line.slice(1),
    }),
  );
  expect(splitRows(rows).map(({ old, fresh }) => [old?.text, fresh?.text])).toEqual([
    ['a', 'a'],
    ['b', 'c'],
    [undefined, 'd'],
    ['e', 'e'],
    ['f', undefined],
  ]);
});
