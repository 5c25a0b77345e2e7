import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findLackOfProcesses, processRoom } from './host-processes.ts';

const user = 4321;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'host-processes-'));
  vi.spyOn(process, 'getuid').mockReturnValue(user);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

/** Writes files of a machine below `root`. */
function machine(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/**
 * Returns a machine with this limit, on which our user has processes 10 (20 threads), 11, which it started, and 12; another
 * has 13.
 */
function limited(most: string, threads = 20): void {
  const status = (parent: number, owner: number, count: number): string =>
    `Name:\tx\nPPid:\t${parent}\nUid:\t${owner}\t${owner}\nThreads:\t${count}\n`;
  machine({
    'proc/self/limits': `Limit  Soft Limit\nMax processes             ${most}               200   processes \n`,
    'proc/loadavg': '0.1 0.1 0.1 1/500 99\n',
    'proc/10/status': status(1, user, 20),
    'proc/11/status': status(10, user, threads),
    'proc/12/status': status(1, user, 1),
    'proc/13/status': status(1, 99, 1000),
  });
}

test('a host with room is no reason, nor is one without limits', async () => {
  expect(await findLackOfProcesses(300, [], root)).toBeUndefined();
  limited('unlimited');
  expect(await findLackOfProcesses(300, [], root)).toBeUndefined();
  limited('105');
  expect(await findLackOfProcesses(300, [], root)).toBeUndefined();
});

test('a user who can start hardly any process is evidence from outside', async () => {
  limited('104');
  expect(await findLackOfProcesses(300, [], root)).toMatchObject({
    code: 'HOST_FULL',
    message: 'This host can start 63 more processes: ulimit -u allows 104.',
    fromOutside: true,
    retryable: true,
  });
  limited('30');
  expect(await findLackOfProcesses(300, [12], root)).toMatchObject({
    message: 'This host can start 0 more processes: ulimit -u allows 30.',
  });
});

test('root has no limit of its own', async () => {
  limited('104');
  vi.spyOn(process, 'getuid').mockReturnValue(0);
  expect(await findLackOfProcesses(300, [], root)).toBeUndefined();
});

test('a trial that took most of what has gone is its own reason, however many others have', async () => {
  limited('104', 30);
  // Of 114, others of the user have 84 since before the trial began.
  machine({ 'proc/14/status': `PPid:\t1\nUid:\t${user}\nThreads:\t33\n` });
  expect(await processRoom(root)).toBe(20);
  expect(await findLackOfProcesses(70, [10], root)).toBeUndefined();
  expect(await findLackOfProcesses(300, [10], root)).toMatchObject({ code: 'HOST_FULL' });
  expect(await findLackOfProcesses(70, [12], root)).toMatchObject({ code: 'HOST_FULL' });
});

test('a host without room before the trial began is evidence, whatever the trial has', async () => {
  limited('104', 30);
  expect(await findLackOfProcesses(54, [12], root)).toMatchObject({ code: 'HOST_FULL' });
});

test.for([
  ['the second version', '0::/a/b\n', 'sys/fs/cgroup/a'],
  ['the first version', '5:memory:/\n4:pids:/a/b\n', 'sys/fs/cgroup/pids/a'],
  ['a container', '0::/\n', 'sys/fs/cgroup'],
] as const)('limits of control groups count, of %s', async ([, groups, folder]) => {
  machine({
    'proc/self/cgroup': groups,
    [`${folder}/pids.max`]: '100\n',
    [`${folder}/pids.current`]: '36\n',
  });
  expect(await findLackOfProcesses(300, [], root)).toBeUndefined();
  machine({ [`${folder}/pids.current`]: '37\n' });
  expect(await findLackOfProcesses(300, [], root)).toMatchObject({
    message: `This host can start 63 more processes: pids.max of /${folder} allows 100.`,
  });
  machine({ [`${folder}/pids.max`]: 'max\n' });
  expect(await findLackOfProcesses(300, [], root)).toBeUndefined();
});
