import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildChildEnvironment, getMessage } from '@cooperbench/core';

/** One shell does both, because Node.js does nothing else for milliseconds whenever it starts a process. Only GNU cp knows --reflink. */
const script = `cp -a --reflink=auto -- "$1/." "$2" 2> /dev/null || cp -a -- "$1/." "$2" || exit
[ -z "$3" ] || { shift 2; exec chown -R -h "$@"; }`;

/**
 * Copies a directory with its links, modes and times. Shares the data if the file system can. Then gives `given`, all or a part
 * of the copy, to a user. @throws Error with the cause from the last line of `cp`, which prints a line for every file that it
 * could not copy.
 */
export async function copyTree(
  from: string,
  to: string,
  userId?: number,
  destinations: readonly string[] = [to],
): Promise<void> {
  const owner = userId === undefined ? [''] : [`${userId}:${userId}`, '--', ...destinations];
  try {
    await promisify(execFile)('/bin/sh', ['-c', script, 'sh', from, to, ...owner], {
      cwd: '/',
      env: buildChildEnvironment(),
    });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const cause = stderr.trim().split(': ').at(-1) || getMessage(error);
    throw new Error(`Could not copy ${from} to ${to}: ${cause}`, { cause: error });
  }
}
