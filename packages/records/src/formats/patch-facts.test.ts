import { expect, test } from 'vitest';
import { PatchCounter, patchChange, patchFacts } from './patch-facts.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const patch = bytes('--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n a\n+b\n');

test('a patch is recorded by its changed lines, its bytes and their sha256', () => {
  expect(patchFacts(bytes(''))).toEqual({
    patch_lines: 0,
    patch_bytes: 0,
    patch_sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  });
  expect(patchFacts(patch)).toMatchObject({ patch_lines: 1, patch_bytes: 36 });
});

test('the facts do not depend on the pieces in which a patch arrives', () => {
  const whole = bytes('--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n++\n+\n---\n-- \n+-+\n++++\n-');
  for (let size = 1; size < 5; size += 1) {
    const counter = new PatchCounter();
    for (let offset = 0; offset < whole.length; offset += size)
      counter.add(whole.subarray(offset, offset + size));
    expect(counter.facts).toEqual(patchFacts(whole));
  }
  expect(patchFacts(whole).patch_lines).toBe(5);
});

test('a file that is emptied, cut or changed differs, and both sizes are said', () => {
  const recorded = patchFacts(patch);
  const differs = 'is not the patch that result.json records';
  expect(patchChange(patch, recorded, false)).toBeUndefined();
  expect(patchChange(bytes(''), recorded, false)).toBe(`${differs}: it has 0 bytes, recorded are 36`);
  expect(patchChange(patch.slice(0, 30), recorded, false)).toBe(
    `${differs}: it has 30 bytes, recorded are 36`,
  );
  expect(patchChange(bytes(`${patch}`.replace('+b', '+c')), recorded, false)).toBe(
    `${differs}: it has 36 bytes, recorded are 36, and other content`,
  );
});

test('where an earlier release recorded only the changed lines, these must be the same', () => {
  expect(patchChange(patch, { patch_lines: 1 }, false)).toBeUndefined();
  expect(patchChange(bytes(''), { patch_lines: 1 }, false)).toBe(
    'is not the patch that result.json records: it has 0 changed lines, recorded are 1',
  );
  expect(patchChange(patch, {}, false)).toBeUndefined();
});

test('a patch of the Python original must have no fewer lines than recorded', () => {
  expect(patchChange(patch, { patch_lines: 5 }, true)).toBeUndefined();
  expect(patchChange(bytes(`${patch}`.trimEnd()), { patch_lines: 5 }, true)).toBeUndefined();
  expect(patchChange(patch, { patch_lines: 1 }, true)).toBeUndefined();
  expect(patchChange(bytes('a\u2028b\r\nc\n'), { patch_lines: 3 }, true)).toBeUndefined();
  expect(patchChange(patch.slice(0, 20), { patch_lines: 5 }, true)).toBe(
    'is not the patch that result.json records: it has 3 lines, recorded are 5',
  );
  expect(patchChange(bytes(''), { patch_lines: 73 }, true)).toMatch(/it has 0 lines, recorded are 73$/);
});
