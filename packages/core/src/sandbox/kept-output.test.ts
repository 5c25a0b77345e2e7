import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { KeptOutput } from './kept-output.ts';

function kept(parts: Iterable<string>, limit: number): string {
  const output = new KeptOutput(limit);
  for (const part of parts) output.add(Buffer.from(part));
  return output.bytes().toString();
}

function inPieces(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}

test('an output within the limit is kept to the byte, however it arrives', () => {
  const text = 'one\ntwo\n\u2714 three\n';
  for (const size of [1, 2, 5, 100]) {
    const parts = inPieces(text, size);
    expect(kept(parts, 1000)).toBe(text);
  }
});

test('of a longer one the beginning, the end and lines with results between are kept', () => {
  const filler = 'nothing of note\n'.repeat(50);
  const text = `first\n${filler}\u2714 a test\n${filler}3 passed\n${filler}last\n`;
  for (const size of [7, 64, 100_000]) {
    const parts = inPieces(text, size);
    const result = kept(parts, 200);
    expect(result).toMatch(/^first\n[\s\S]*\n\u2714 a test\n3 passed\n\n[\s\S]*last\n$/);
    expect(result.length).toBeLessThan(210);
  }
});

test('lines without an end, and more results than there is room for, take no more memory', () => {
  const endless = kept(Array(1000).fill('x'.repeat(1000)), 400);
  expect(endless.length).toBeLessThan(410);
  const results = kept(Array(10_000).fill('test a ... ok\n'), 4000);
  expect(results.length).toBeLessThan(4010);
});
