import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { constants } from 'node:os';
import { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { Cancellable } from '../contracts/cancellable.ts';
import type { SandboxProcess } from '../contracts/workspace.ts';

export interface ChildOptions extends Cancellable {
  /** Ends everything the child started. May return before it has: `wait` and `kill` follow the child's own end. */
  readonly kill: () => void;
  /**
   * What `wait` makes of the child's exit code, for a child that only carries the program (`ssh`, `kubectl exec`).
   * Absent: the program's. @throws SandboxError when the code says that the connection was lost.
   */
  readonly exitCode?: (code: number) => number | Promise<number>;
}

/**
 * A SandboxProcess over a local child, for backends that run or shell out on this machine. A child that could not be
 * spawned because the executable is missing exits 127. Output not read within a moment of a kill is dropped.
 */
export function fromChildProcess(
  child: ChildProcessWithoutNullStreams,
  options: ChildOptions,
): SandboxProcess {
  const { signal, kill, exitCode = (code) => code } = options;
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve(127) : reject(error),
    );
    child.once('exit', (code, name) => resolve(code ?? 128 + (constants.signals[name ?? 'SIGKILL'] ?? 0)));
  });
  const onAbort = (): void => kill();
  signal?.addEventListener('abort', onAbort, { once: true });
  const ended = exited.finally(() => signal?.removeEventListener('abort', onAbort));
  ended.catch(() => {});
  // A peer that has gone away is seen by wait(), not by whoever writes to it.
  child.stdin.on('error', () => {});
  if (signal?.aborted) kill();
  return {
    stdin: Writable.toWeb(child.stdin) as WritableStream<Uint8Array>,
    stdout: Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>,
    stderr: Readable.toWeb(child.stderr) as ReadableStream<Uint8Array>,
    async wait() {
      const code = await ended;
      signal?.throwIfAborted();
      return exitCode(code);
    },
    async kill() {
      kill();
      await ended.catch(() => {});
    },
  };
}
