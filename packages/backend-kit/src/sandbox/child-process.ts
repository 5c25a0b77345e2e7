import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { constants } from 'node:os';
import { Writable } from 'node:stream';
import type { WritableStream } from 'node:stream/web';
import { createWebReadable } from '@cooperbench/core';
import type { StartedProcess } from './driver.ts';

/**
 * Turns a child process into a driver's process, for backends that run commands on this machine. `kill` ends the child and
 * everything it started. A child whose executable is missing exits with 127.
 */
export function fromChildProcess(
  child: ChildProcessWithoutNullStreams,
  kill: () => void | Promise<void>,
): StartedProcess & Required<Pick<StartedProcess, 'kill'>> {
  const exitCode = new Promise<number>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve(127) : reject(error),
    );
    child.once('exit', (code, name) => resolve(code ?? 128 + (constants.signals[name ?? 'SIGKILL'] ?? 0)));
  });
  exitCode.catch(() => {});
  // A process that closes its input must not crash the host process that writes to it.
  child.stdin.on('error', () => {});
  return {
    stdin: Writable.toWeb(child.stdin) as WritableStream<Uint8Array>,
    stdout: createWebReadable(child.stdout),
    stderr: createWebReadable(child.stderr),
    exitCode,
    kill,
  };
}
