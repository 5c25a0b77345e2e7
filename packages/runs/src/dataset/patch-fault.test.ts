import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addLine, formatNewFilePatch } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { findFeaturePatchFault, findTestsPatchFault } from './patch-fault.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const tests = formatNewFilePatch('check.sh', 'one\ntwo\nthree\n');

test.for([
  ['', 'is empty'],
  [' \n\n', 'is empty'],
  ['\0'.repeat(4096), 'is empty'],
  ['\x7fELF\x02\x01\xff\xfe', 'is not a patch: it changes no file'],
  ['diff --git a/x b/x\n', 'is not a patch: it changes no file'],
  [tests.slice(0, tests.indexOf('+two')), 'is cut: lines that its last hunk announces are missing: 2'],
  [tests.slice(0, tests.indexOf('+one')), 'is cut: lines that its last hunk announces are missing: 3'],
  [
    'diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n',
    'adds nothing, so it holds no test',
  ],
  [formatNewFilePatch('docs/usage.md', 'How to use it.\n'), 'names no test, so it holds none'],
] as const)('%j as tests.patch: %s', ([content, fault]) => {
  expect(findTestsPatchFault(bytes(content))).toBe(fault);
});

test.for<[string, string]>([
  ['a new file', tests],
  ['no newline at the end of the file', formatNewFilePatch('test', 'one\ntwo')],
  ['no newline at the end of the patch', tests.slice(0, -1)],
  ['lines with CRLF', formatNewFilePatch('x', 'test one\r\n\r\n')],
  ['empty lines without their space', addLine(2).replaceAll('\n \n', '\n\n').replaceAll('lib', 'test')],
  [
    'a binary file',
    'diff --git a/spec b/spec\nnew file mode 100644\nGIT binary patch\nliteral 1\nIcmZQz\n\n',
  ],
  ['a hunk without counts', '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+EXPECT\n'],
  ['bytes that are not UTF-8', formatNewFilePatch('x', '\xff\xfe\0should\n')],
])('%s is right', ([, content]) => {
  expect(findTestsPatchFault(bytes(content))).toBeUndefined();
  expect(findFeaturePatchFault(bytes(content))).toBeUndefined();
});

test('a golden patch may only remove, and may lack the end that the Python original strips', () => {
  expect(findFeaturePatchFault(bytes('--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n b\n'))).toBeUndefined();
  const stripped = addLine(3).trimEnd();
  expect(findTestsPatchFault(bytes(stripped))).toMatch(/^is cut/);
  expect(findFeaturePatchFault(bytes(stripped))).toBeUndefined();
  const wholeText = addLine(2);
  expect(findFeaturePatchFault(bytes(wholeText.slice(0, wholeText.indexOf('+feature'))))).toMatch(/^is cut/);
});

describe('the sample dataset', () => {
  const root = join(import.meta.dirname, '../../../../dataset');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.patch'),
  );
  test.for(files)('%s is right', (path) => {
    const fault = path.endsWith('tests.patch') ? findTestsPatchFault : findFeaturePatchFault;
    expect(fault(readFileSync(join(root, path)))).toBeUndefined();
  });
});
