import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { writeAtomic } from './atomic.ts';

test('the disk has a file before the file has its name, and its name before the write ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-atomic-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file.json');
  const synced: string[] = [];
  await using handle = await open(folder, 'r');
  const prototype: FileHandle = Object.getPrototypeOf(handle);
  const { sync } = prototype;
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    const subject = (await this.stat()).isDirectory() ? 'folder' : 'file';
    synced.push(`${subject} ${existsSync(path) ? 'with' : 'without'} the name`);
    await sync.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  await writeAtomic(path, 'content');
  expect(synced).toEqual(['file without the name', 'folder with the name']);
  expect(readFileSync(path, 'utf8')).toBe('content');
});
