import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeFolder } from './write.ts';

const files = new Map([
  ['.gitignore', 'dist/\n'],
  ['src/index.ts', 'export {};\n'],
]);

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-write-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a folder is made, with its parents and what anybody makes it readable by', async () => {
  const root = place();
  mkdirSync(join(root, 'other'));
  await writeFolder(join(root, 'a/b'), files);
  expect(readFileSync(join(root, 'a/b/src/index.ts'), 'utf8')).toBe('export {};\n');
  expect(readdirSync(join(root, 'a'))).toEqual(['b']);
  expect(statSync(join(root, 'a/b')).mode).toBe(statSync(join(root, 'other')).mode);
});

test('an empty folder is filled, and stays the same', async () => {
  const root = place();
  const folder = join(root, 'empty');
  mkdirSync(folder);
  const { ino } = statSync(folder);
  await writeFolder(folder, files);
  expect(readdirSync(folder)).toEqual(['.gitignore', 'src']);
  expect(statSync(folder).ino).toBe(ino);
  expect(readdirSync(root)).toEqual(['empty']);
});

test('a folder that holds something, and a file, are refused and stay as they are', async () => {
  const root = place();
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(root, name), name);
  await expect(writeFolder(root, files)).rejects.toThrow(
    expect.objectContaining({
      code: 'PLUGIN_FOLDER',
      message: `The directory ${root} is not empty: it contains a, b, c, ….`,
      hint: 'Name another one with --directory.',
    }),
  );
  await expect(writeFolder(join(root, 'a'), files)).rejects.toThrow(
    `The directory ${root}/a cannot be used: ENOTDIR: not a directory, scandir '${root}/a'.`,
  );
  expect(readdirSync(root)).toEqual(['a', 'b', 'c', 'd']);
});

test.for(['new', 'empty'])(
  'when a file cannot be written, nothing is: a folder that is %s',
  async (state) => {
    const root = place();
    const folder = join(root, 'made');
    if (state === 'empty') mkdirSync(folder);
    const impossible = new Map([...files, ['src/index.ts/more', 'in a file']]);
    await expect(writeFolder(folder, impossible)).rejects.toThrow(
      expect.objectContaining({
        code: 'PLUGIN_FOLDER',
        message: expect.stringContaining(`The directory ${folder} cannot be written: EEXIST`),
      }),
    );
    expect(readdirSync(root)).toEqual(state === 'empty' ? ['made'] : []);
    if (state === 'empty') expect(readdirSync(folder)).toEqual([]);
  },
);
