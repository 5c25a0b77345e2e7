import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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
