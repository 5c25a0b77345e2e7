import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clearLeftovers } from '../run-folder/resume.ts';
import { TrialFiles } from './trial-files.ts';

let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'cooperbench-trial-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(runDir, { recursive: true });
});

test('the disk has every file and the folder before the folder is in its place, and then has its name', async () => {
  const place = join(runDir, 'coop/r_task/1/f1_f2');
  await using sample = await open(runDir);
  const prototype = Object.getPrototypeOf(sample) as typeof sample;
  const { sync } = prototype;
  /** For each wait for the disk: whether the folder was in its place. */
  const waits: boolean[] = [];
  vi.spyOn(prototype, 'sync').mockImplementation(function (this: typeof sample) {
    waits.push(existsSync(place));
    return sync.call(this);
  });
  await using files = await TrialFiles.create(runDir, 'coop/r_task/1/f1_f2');
  await files.write('agent1.patch', 'a');
  await files.json('result.json', {});
  files.log('agent1').line('not waited for');
  expect(waits).toEqual([false, false]);
  await files.commit();
  expect(waits).toEqual([false, false, false, true]);
});

test('a file may be written again before the folder is in its place', async () => {
  await using files = await TrialFiles.create(runDir, 'coop/r_task/1/f1_f2');
  await files.write('x', 'one');
  await files.write('x', 'two');
  await files.commit();
  expect(readFileSync(join(files.directory, 'x'), 'utf8')).toBe('two');
});

test('notes on a replaced result stay beside the new one, under another name, also where the process was killed', async () => {
  const replace = async () => {
    await using files = await TrialFiles.create(runDir, 'coop/r_task/1/f1_f2');
    await files.json('result.json', {});
    await files.commit();
    return files.directory;
  };
  const directory = await replace();
  const keptNames = () =>
    readdirSync(directory)
      .filter((name) => name !== 'result.json')
      .map((name) => [name.replace(/\d+/, 'TIME'), readFileSync(join(directory, name), 'utf8')]);
  writeFileSync(join(directory, 'notes.jsonl'), 'one');
  await replace();
  expect(keptNames()).toEqual([['notes.replaced-TIME.jsonl', 'one']]);
  await replace();
  expect(keptNames()).toEqual([['notes.replaced-TIME.jsonl', 'one']]);
  mkdirSync(`${directory}.old`);
  writeFileSync(join(`${directory}.old`, 'notes.jsonl'), 'two');
  await clearLeftovers(dirname(directory));
  expect(keptNames().map(([, text]) => text)).toEqual(['one', 'two']);
  expect(existsSync(`${directory}.old`)).toBe(false);
});
