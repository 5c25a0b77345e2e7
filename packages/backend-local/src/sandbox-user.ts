import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildChildEnvironment } from '@cooperbench/core';
import { standardPath } from './confinement.ts';
import { isExecutable } from './executable.ts';

/** The programs, of util-linux, with which root starts a command as another user. */
export interface UserSwitch {
  readonly setpriv: string;
  readonly prlimit: string;
}

/** User IDs that neither distributions nor container managers assign, by systemd's table of user IDs. */
const userIds = { first: 0x7f000000, count: 0xfe0000 };
let userIndex = randomInt(userIds.count);

/** Processes and threads of one sandbox. As many as in a container of the Docker backend. */
export const maxProcesses = 2048;

/** Finds the programs to switch users with, where sandboxes see them. Returns undefined if this machine lacks one. */
export function findUserSwitch(): UserSwitch | undefined {
  const [setpriv, prlimit] = [findProgram('setpriv'), findProgram('prlimit')];
  return setpriv === undefined || prlimit === undefined ? undefined : { setpriv, prlimit };
}

function findProgram(name: string): string | undefined {
  return standardPath.map((folder) => join(folder, name)).find(isExecutable);
}

/** Returns the ID of a user and group that no other sandbox of this process has. */
export function takeUserId(): number {
  userIndex = (userIndex + 1) % userIds.count;
  return userIds.first + userIndex;
}

/**
 * Returns the beginning of a command that runs as a user without any right. The limits are set as this user, because a process
 * that takes the ID of a user with too many processes could not start a program.
 */
export function asUser({ setpriv, prlimit }: UserSwitch, userId: number): string[] {
  return [
    ...[setpriv, '--reuid', String(userId), '--regid', String(userId), '--clear-groups', '--no-new-privs'],
    ...['--inh-caps=-all', '--bounding-set=-all'],
    // The kernel hands a core dump to a program of the host, unless its limit is 1.
    ...[prlimit, `--nproc=${maxProcesses}`, '--core=1'],
  ];
}

/**
 * Returns the beginning of a command in a user namespace of its own, which limits the processes of that namespace. Returns an
 * empty list if prlimit is missing, if the limit of this process is lower already, or if the kernel (before 5.14) would count
 * the user's other processes, too.
 */
export function limitedProcesses(): string[] {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const countsByNamespace = major > 5 || (major === 5 && minor >= 14);
  const prlimit = findProgram('prlimit');
  if (!countsByNamespace || prlimit === undefined || processLimit() < maxProcesses) return [];
  return [prlimit, `--nproc=${maxProcesses}`];
}

/** Returns the limit of processes that this process may not raise. */
function processLimit(): number {
  const [, limit] = /^Max processes +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}

/** Gives a directory with all its content to a sandbox's user. Leaves the targets of links alone. */
export async function giveTree(path: string, userId: number): Promise<void> {
  await promisify(execFile)('chown', ['-R', '-h', `${userId}:${userId}`, '--', path], {
    cwd: '/',
    env: buildChildEnvironment(),
  });
}
