import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { addNote, readNotes } from './note.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cooperbench-notes-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  path = join(directory, 'notes.jsonl');
});

test('notes come back in the order of writing', async () => {
  expect(await readNotes(directory)).toEqual([]);
  await addNote(directory, {
    text: ' Both edit\nthe parser. ',
    labels: ['commitment', 'expectation'],
    by: 'ann',
  });
  await addNote(directory, { labels: ['none'] });
  const at = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(await readNotes(directory)).toEqual([
    { by: 'ann', at, text: 'Both edit\nthe parser.', labels: ['commitment', 'expectation'] },
    { by: userInfo().username, at, text: '', labels: [] },
  ]);
});

test('a broken line is named and passed over, and the next note begins a line of its own', async () => {
  await addNote(directory, { text: 'one', by: 'ann' });
  appendFileSync(path, '{"by":"ann","labels":["hunger"],"at":"","text":""}\n{"by":"bob","te');
  await addNote(directory, { text: 'two', by: 'ann' });
  const brokenFiles: string[] = [];
  const notes = await readNotes(directory, (file, reason) => brokenFiles.push(`${file}: ${reason}`));
  expect(notes.map(({ text }) => text)).toEqual(['one', 'two']);
  expect(brokenFiles).toEqual([
    expect.stringContaining(`${path}: line 2 does not count: labels`),
    expect.stringContaining(`${path}: line 3 does not count: Unterminated string in JSON`),
  ]);
});

test('processes that write at the same time lose nothing', async () => {
  const program = new URL('append.test.support.ts', import.meta.url).pathname;
  const writers = ['ann', 'bob', 'cid'].map((by) =>
    once(
      spawn(process.execPath, [
        ...process.execArgv,
        '--conditions=@cooperbench/source',
        program,
        directory,
        by,
        '30',
      ]),
      'exit',
    ),
  );
  expect(await Promise.all(writers)).toEqual(writers.map(() => [0, null]));
  const brokenFiles: string[] = [];
  const notes = await readNotes(directory, (_, reason) => brokenFiles.push(reason));
  expect(brokenFiles).toEqual([]);
  for (const writer of ['ann', 'bob', 'cid'])
    expect(notes.filter(({ by }) => by === writer).map(({ text }) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: 30 }, (_, index) => index),
    );
});

test.for([
  [{}, 'The note has neither text nor a label.'],
  [{ text: ' \n' }, 'The note has neither text nor a label.'],
  [{ text: 'x'.repeat(10_001) }, 'The text of the note has 10001 characters; expected at most 10000.'],
  [{ text: 'x', by: 'y'.repeat(101) }, 'The name of the note has 101 characters; expected at most 100.'],
  [
    { labels: ['none', 'commitment'] },
    'The labels are none, commitment; expected some of expectation, commitment, communication, or none alone.',
  ],
] as const)('%o is refused', async ([note, message]) => {
  await expect(addNote(directory, note)).rejects.toMatchObject({ code: 'NOTE', message });
});

test('a file that is full, or a link, is refused and kept', async () => {
  writeFileSync(path, `${'x'.repeat(1024 * 1024 - 1)}\n`);
  const full = { code: 'NOTE', message: `${path} cannot be written: it has reached 1048576 bytes` };
  await expect(addNote(directory, { text: 'one' })).rejects.toMatchObject(full);
  rmSync(path);
  const elsewhere = join(directory, 'elsewhere');
  writeFileSync(elsewhere, 'kept');
  symlinkSync(elsewhere, path);
  await expect(addNote(directory, { text: 'one' })).rejects.toMatchObject({ code: 'NOTE' });
  expect(readFileSync(elsewhere, 'utf8')).toBe('kept');
});
