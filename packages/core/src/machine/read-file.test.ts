import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFileSpecificError, maxFileBytes, readPieces, readWholeFile } from './read-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cooperbench-file-'));
  path = join(directory, 'file');
});
afterEach(() => rmSync(directory, { recursive: true }));

const refusal = (options?: Parameters<typeof readWholeFile>[1]): { message: string; ofFile: boolean } => {
  try {
    readWholeFile(path, options);
  } catch (error) {
    return { message: (error as Error).message, ofFile: isFileSpecificError(error) };
  }
  return expect.fail('nothing was refused');
};

test('a file is read in pieces', () => {
  const content = Buffer.from(Uint8Array.from({ length: 2_500_000 }, (_, i) => i % 251));
  writeFileSync(path, content);
  const pieces = [...readPieces(path)];
  expect(pieces).toHaveLength(3);
  expect(Buffer.concat(pieces).equals(content)).toBe(true);
  expect(() => [...readPieces(path, { maxBytes: 7 })]).toThrow('at most 7 bytes are read');
  expect([...readPieces('/dev/null')]).toEqual([]);
});

test('a file is read whole, and /dev/null is an empty one', () => {
  writeFileSync(path, 'content');
  expect(readWholeFile(path).toString()).toBe('content');
  expect(readWholeFile(path, { maxBytes: 7 }).toString()).toBe('content');
  expect(readWholeFile('/dev/null')).toHaveLength(0);
});

test('a file that is too large is not read, and its size is said', () => {
  writeFileSync(path, '');
  truncateSync(path, 700 * 1024 * 1024);
  expect(maxFileBytes).toBe(256 * 1024 * 1024);
  expect(refusal()).toEqual({ message: 'it has 700 MiB, and at most 256 MiB are read', ofFile: true });
  expect(refusal({ maxBytes: 1000 }).message).toBe('it has 700 MiB, and at most 1000 bytes are read');
});

test('a directory and a pipe are refused, and a pipe keeps nobody waiting', () => {
  mkdirSync(path);
  expect(refusal()).toEqual({ message: 'it is a directory', ofFile: true });
  rmSync(path, { recursive: true });
  execFileSync('mkfifo', [path]);
  expect(refusal()).toEqual({ message: 'it is a pipe', ofFile: true });
});

test('a loop of links is refused; a link is followed unless the caller forbids it', () => {
  symlinkSync('file', path);
  expect(refusal()).toMatchObject({ message: expect.stringContaining('ELOOP'), ofFile: true });
  rmSync(path);
  writeFileSync(join(directory, 'other'), 'other');
  symlinkSync('other', path);
  expect(readWholeFile(path).toString()).toBe('other');
  expect(refusal({ followLinks: false }).ofFile).toBe(true);
});
