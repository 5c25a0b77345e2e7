import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '@cooperbench/core';
import { standardPath } from './confinement.ts';
import { isExecutable } from './executable.ts';

/** The programs, of util-linux, with which root starts a command as another user. */
export interface UserSwitch {
  readonly setpriv: string;
  readonly prlimit: string;
}

/** User IDs that neither distributions nor container managers assign, by systemd's table of user IDs. */
const userIds = { first: 0x7f000000, count: 0xfe0000 };
let taken = randomInt(userIds.count);

/** Processes and threads of one sandbox of root. As many as in a container of the Docker backend. */
export const maxProcesses = 2048;

/** The programs to switch users with, where sandboxes see them. Undefined: this machine lacks one. */
export function findUserSwitch(): UserSwitch | undefined {
  const find = (name: string): string | undefined =>
    standardPath.map((folder) => join(folder, name)).find(isExecutable);
  const [setpriv, prlimit] = [find('setpriv'), find('prlimit')];
  return setpriv === undefined || prlimit === undefined ? undefined : { setpriv, prlimit };
}

/** Returns the ID of a user and group that no other sandbox of this process has. */
export function takeUserId(): number {
  taken = (taken + 1) % userIds.count;
  return userIds.first + taken;
}

/**
 * The beginning of a command that runs as a user without any right. The limits are set as this user, because a process that
 * takes the ID of a user with too many processes could not start a program.
 */
export function asUser({ setpriv, prlimit }: UserSwitch, userId: number): string[] {
  return [
    ...[setpriv, '--reuid', String(userId), '--regid', String(userId), '--clear-groups', '--no-new-privs'],
    ...['--inh-caps=-all', '--bounding-set=-all'],
    // The kernel hands a core dump to a program of the host, unless its limit is 1.
    ...[prlimit, `--nproc=${maxProcesses}`, '--core=1'],
  ];
}

/** Gives directories with all their content to a sandbox's user. Leaves the targets of links alone. */
export async function giveTree(paths: string | readonly string[], userId: number): Promise<void> {
  await promisify(execFile)('chown', ['-R', '-h', `${userId}:${userId}`, '--', ...[paths].flat()], {
    cwd: '/',
    env: childEnvironment(),
  });
}
