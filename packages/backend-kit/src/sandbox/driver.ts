import type { ReadableStream, WritableStream } from 'node:stream/web';
import type {
  Cancellable,
  CooperBenchError,
  SandboxError,
  SandboxOrigin,
  Workspace,
} from '@cooperbench/core';

/** A process that a provider has started. */
export interface StartedProcess {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** The exit code: 128 + n after signal n. Rejects when the process is lost. */
  readonly exitCode: Promise<number>;
  /**
   * Ends the process and everything it started. May return earlier: `exitCode` settles when the process has ended. If it is
   * absent, a script in the sandbox does this. It needs `/proc` and a PID namespace of the sandbox's own.
   */
  kill?(): void | Promise<void>;
  /** Stops waiting for the reader of the output. Called before the script kills the process. */
  release?(): void;
}

/** A provider's part of one sandbox. `sandboxFrom` turns it into a `Sandbox` that fulfils the contract. */
export interface SandboxDriver extends Partial<Pick<Workspace, 'readFile' | 'writeFile'>> {
  readonly id: string;
  readonly origin: SandboxOrigin;
  readonly repoDir: string;
  readonly patchesDir: string;
  /**
   * Starts a program in any directory, with `env` added to the sandbox's environment. `argv` begins with `/bin/sh`, which
   * changes to the working directory and becomes the command. May ignore the signal: the caller kills a process that starts
   * too late.
   */
  start(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<StartedProcess>;
  /** Ends the sandbox and all its processes. Harmless when it has ended. After a rejection, the next dispose calls it again. */
  terminate(): Promise<void>;
  /** Ends all processes and keeps the files. Needed when a sandbox has so many processes that none can be started to end them. */
  restart?(): Promise<void>;
  /** Same as in `Sandbox`. */
  keep?(key: string, options?: Cancellable): Promise<void>;
  /** As of a `Sandbox`. `fullHost` is for this. */
  hostFault?(): Promise<SandboxError | undefined>;
  /** As of a `Sandbox`. `Reachability` is for this. */
  interruption?(sinceMs: number): Promise<SandboxError | undefined>;
  /**
   * Explains an error of `start` or `exitCode`: `SANDBOX_LOST` when the sandbox is gone. `what` says what failed. If it is
   * absent, the error becomes `SANDBOX_EXEC`.
   */
  explainError?(error: unknown, summary: string): Promise<CooperBenchError>;
  /**
   * Asks the provider whether the sandbox is gone, and resolves with `SANDBOX_LOST` and the reason. It is undefined if it
   * runs. Needed when the connection to a lost machine stays silent. Called every `checkLostEveryMs` while a process runs.
   */
  checkLost?(): Promise<SandboxError | undefined>;
  /** Milliseconds between two calls of `checkLost`. Default: 30 000. */
  readonly checkLostEveryMs?: number;
}
