import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { childEnvironment, messageOf } from '@cooperbench/core';

/**
 * Copies a directory with its links, modes and times. Shares the data if the file system can. @throws Error with the cause
 * from the last line of `cp`, which prints a line for every file that it could not copy.
 */
export async function copyTree(from: string, to: string): Promise<void> {
  const copy = (...flags: string[]): Promise<unknown> =>
    promisify(execFile)('cp', ['-a', ...flags, '--', `${from}/.`, to], {
      cwd: '/',
      env: childEnvironment(),
    });
  // Only GNU cp knows the flag.
  try {
    await copy('--reflink=auto').catch(() => copy());
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const cause = stderr.trim().split(': ').at(-1) || messageOf(error);
    throw new Error(`Could not copy ${from} to ${to}: ${cause}`, { cause: error });
  }
}
