import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addLine, formatNewFilePatch, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { discover } from '../dataset/discover.ts';
import { removeInapplicableTasks } from './check-tests-apply.ts';

let dataset: string;
let tests: string;
beforeEach(() => {
  dataset = shellTask();
  tests = join(dataset, 'shell_task/task1/feature2/tests.patch');
});
afterEach(() => rmSync(dataset, { recursive: true }));

const check = () => {
  const { tasks, broken } = removeInapplicableTasks(discover(dataset));
  return { tasks: tasks.length, broken: broken.map(({ reason }) => reason) };
};

test('tests that apply to the source, alone or after the golden patch, leave nothing out', () => {
  expect(check()).toEqual({ tasks: 1, broken: [] });
  // This line has its context only once the feature is done.
  writeFileSync(tests, '--- a/lib.txt\n+++ b/lib.txt\n@@ -9,2 +9,3 @@\n bottom\n feature 2\n+a test\n');
  expect(check()).toEqual({ tasks: 1, broken: [] });
});

test('tests of another state of the source leave the task out by name', () => {
  const repo = join(dataset, 'shell_task/task1/repo');
  writeFileSync(tests, addLine(2).replaceAll('bottom', 'another line of a test'));
  const does = `${tests} does not apply to ${repo}`;
  expect(check()).toEqual({ tasks: 0, broken: [`${does}: lib.txt: patch does not apply`] });
  writeFileSync(tests, formatNewFilePatch('lib.txt', 'a test\n'));
  expect(check()).toEqual({ tasks: 0, broken: [`${does}: lib.txt: already exists in working directory`] });
});

test('a file that only the script of the task makes proves nothing', () => {
  writeFileSync(tests, addLine(2).replaceAll('lib.txt', 'made-by-test.txt'));
  expect(check()).toEqual({ tasks: 1, broken: [] });
  rmSync(join(dataset, 'shell_task/task1/repo'), { recursive: true });
  expect(check()).toEqual({ tasks: 1, broken: [] });
});

test('git is started once for a task whose tests apply: every run waits for it', () => {
  const calls = join(dataset, 'calls');
  const { PATH } = process.env;
  const noted = `#!/bin/sh\necho "$@" >> '${calls}'\nPATH='${PATH}' exec git "$@"\n`;
  writeFileSync(join(dataset, 'git'), noted, { mode: 0o755 });
  vi.stubEnv('PATH', `${dataset}:${PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(check()).toEqual({ tasks: 1, broken: [] });
  expect(readFileSync(calls, 'utf8').match(/^apply/gm)).toHaveLength(1);
});

test('the sample dataset is right', () => {
  const { tasks, broken } = removeInapplicableTasks(
    discover(join(import.meta.dirname, '../../../../dataset')),
  );
  expect(tasks).toHaveLength(3);
  expect(broken).toEqual([]);
});
