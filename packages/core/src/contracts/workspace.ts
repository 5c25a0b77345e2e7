import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { Cancellable } from './cancellable.ts';

/** Where a program starts, and its environment. The signal kills it. */
export interface ExecOptions extends Cancellable {
  /** Absolute path in the sandbox. Defaults to `repoDir`. If it does not exist, nothing starts and the exit code is 126 or 127. */
  readonly cwd?: string | undefined;
  /** Added to the sandbox's own environment. Never put a secret here. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A process in a sandbox. Its streams carry bytes and respect backpressure. */
export interface SandboxProcess {
  /** Closing it ends the process's input. */
  readonly stdin: WritableStream<Uint8Array>;
  /** Ends when the process and everything that inherited it have closed it, or soon after the process has ended. */
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /**
   * Resolves with the exit code when the process itself has ended: 128 + n after signal n. Children that the process left
   * running do not delay it, even if they hold its outputs open. Unread output may delay it.
   * Rejects with the signal's reason when aborted, with a SandboxError when the sandbox is lost.
   */
  wait(): Promise<number>;
  /** Ends the process and everything it started. Harmless when it has ended. */
  kill(): Promise<void>;
}

/** A sandbox as its users see it. Its owner disposes of it. Paths are paths inside the sandbox. */
export interface Workspace {
  /** The task's code: a git repository at its base commit. `/workspace/repo` where the backend can. */
  readonly repoDir: string;
  /** Evaluation writes patches here. `/patches` where the backend can. */
  readonly patchesDir: string;
  /**
   * Starts a program directly, with no shell. A non-zero exit is a result; a missing executable exits 127 with a line
   * on stderr. Abort kills the whole process tree (where there is no PID namespace, the process group).
   * Execs share files and named pipes. They need not share a loopback interface, and what an exec leaves running may
   * end with it. @throws SandboxError when the sandbox itself fails or was disposed.
   */
  exec(argv: readonly string[], options?: ExecOptions): Promise<SandboxProcess>;
  /** Reads the file's bytes. @throws SandboxError `SANDBOX_FILE` when it cannot be read. */
  readFile(path: string, options?: Cancellable): Promise<Uint8Array>;
  /** Writes the whole file and makes its parent directories. @throws SandboxError `SANDBOX_FILE` when it cannot. */
  writeFile(path: string, content: string | Uint8Array, options?: Cancellable): Promise<void>;
}
