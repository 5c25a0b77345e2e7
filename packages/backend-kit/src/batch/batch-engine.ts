import type { CooperBenchError } from '@cooperbench/core';
import type { Leftover } from '../provider/leftovers.ts';
import type { SandboxNeeds } from '../sandbox/resources.ts';

/**
 * What `runJobsInBatches` needs of a provider: batches of tasks, and objects that tasks see as files. The batches and objects
 * of one call are a session.
 */
export interface BatchEngine {
  /** How often to look for results. */
  readonly pollMs: number;
  /** After how long without any change a batch is given up, besides the time that its programs may take. */
  readonly giveUpAfterMs: number;
  /** How long to wait for stopped batches to end before their objects are deleted. */
  readonly endMs: number;
  readonly objects: SessionObjects;
  /** Starts a batch whose tasks do what `taskScript` does. A task whose machine is lost runs again. Repeating is harmless. */
  submit(session: string, batch: BatchRequest): Promise<void>;
  /** Returns the batches of a session, or of all sessions. */
  batches(session?: string): Promise<readonly BatchState[]>;
  /** Returns why tasks of a batch that is over have no result, by index. Key -1 explains the whole batch. */
  failures(session: string, batch: string): Promise<ReadonlyMap<number, string>>;
  /** Ends and deletes a batch, without waiting for it. Nothing happens when there is none. */
  stop(session: string, batch: string): Promise<void>;
  /** Returns an error of the provider. A `retryable` one is tried again. */
  errorOf(error: unknown): CooperBenchError;
}

/** Objects, by session and name. */
export interface SessionObjects {
  /** Makes the store when it is missing. */
  open(): Promise<void>;
  /** Returns the sessions that have an object of this name. */
  sessionsWith(name: string): Promise<readonly string[]>;
  /** Lists the names of a session's objects with this ending. */
  listNames(session: string, ending: string): Promise<readonly string[]>;
  write(session: string, name: string, content: string | Uint8Array): Promise<void>;
  read(session: string, name: string): Promise<Buffer>;
  /** Deletes all objects of a session. */
  remove(session: string): Promise<void>;
}

/** The tasks with one image, the same programs and the same needs. */
export interface BatchRequest extends SandboxNeeds {
  /** Unique in its session: digits. */
  readonly name: string;
  readonly image: string;
  /** Same as `SandboxSpec.network`. */
  readonly network: 'open' | 'none';
  readonly program: string;
  /** `stepProgram` of the jobs. */
  readonly stepProgram?: string | undefined;
  /** The name of the run. */
  readonly run: string;
  readonly tasks: number;
  /** How many tasks may run at the same time. */
  readonly parallelism: number;
  /** The longest time of a task's program and its steps. */
  readonly timeoutMs: number;
}

/** A batch. `owner` and `madeAtMs` describe the process that submitted it. */
export interface BatchState extends Pick<Leftover, 'owner' | 'madeAtMs'> {
  readonly session: string;
  readonly name: string;
  readonly parallelism: number;
  /** No task will run any more. */
  readonly over: boolean;
  /** Changes whenever a task starts or ends. */
  readonly progress: string;
  /** The reason why tasks do not start, for the user. */
  readonly troubles: readonly string[];
}
