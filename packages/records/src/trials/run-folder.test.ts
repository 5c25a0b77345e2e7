import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkRunFolder } from './run-folder.ts';

let logs: string;
let runDir: string;

beforeEach(() => {
  logs = mkdtempSync(join(tmpdir(), 'cooperbench-run-folder-'));
  runDir = join(logs, 'run');
  mkdirSync(join(runDir, 'coop/a_task/1/f1_f2'), { recursive: true });
});

afterEach(() => rmSync(logs, { recursive: true }));

const refusal = (path: string, subject = 'a symbolic link') => ({
  code: 'RUN_FOLDER',
  message: `${path} is ${subject}.`,
  hint: "A run's folder holds only files and folders. Remove it, or put a copy of what it names in its place.",
});

test('a run that is a symbolic link is refused', async () => {
  const link = join(logs, 'link');
  symlinkSync(runDir, link);
  await expect(checkRunFolder(link)).rejects.toMatchObject(refusal(link));
});

test.for([
  'coop',
  '.lock',
  'config.json',
  'coop/a_task/1/f1_f2/result.json',
  'coop/a_task/1/f1_f2/agent1.patch',
])('a symbolic link below it is named: %s', async (name) => {
  const path = join(runDir, name);
  rmSync(path, { recursive: true, force: true });
  symlinkSync('/etc/hostname', path);
  await expect(checkRunFolder(runDir)).rejects.toMatchObject(refusal(path));
});

test('a pipe below it is named and does not stop the command', async () => {
  const path = join(runDir, 'coop/a_task/1/f1_f2/result.json');
  execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
  await expect(checkRunFolder(runDir)).rejects.toMatchObject(refusal(path, 'not a file or a folder'));
});

test('files that a killed run was still writing are ignored', async () => {
  mkdirSync(join(runDir, 'coop/a_task/1/f1_f2.running'));
  symlinkSync('/etc/hostname', join(runDir, 'coop/a_task/1/f1_f2.running/link'));
  writeFileSync(join(runDir, 'config.json'), '{}');
  await checkRunFolder(runDir);
  await checkRunFolder(join(logs, 'new'));
});
