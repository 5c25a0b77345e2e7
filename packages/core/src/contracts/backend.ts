import type { Cancellable } from './cancellable.ts';
import type { Job, JobResult } from './jobs.ts';
import type { SandboxSpec } from './sandbox-spec.ts';
import type { Workspace } from './workspace.ts';

/** What a sandbox was really made from, for the record: `reference` is a digest or a content hash. */
export interface SandboxOrigin {
  readonly from: 'image' | 'source';
  readonly reference: string;
}

/** A sandbox as its owner sees it. Disposing twice is harmless and never throws for a sandbox already gone. */
export interface Sandbox extends Workspace, AsyncDisposable {
  readonly id: string;
  readonly origin: SandboxOrigin;
}

/** What is said while an image that sandboxes are made from is pulled or built. */
export interface ImageProgress {
  /** The task's image, or one that it is built on. */
  readonly image: string;
  readonly phase: 'pull' | 'build';
  /** Begins with `running`, ends with `ready` or `failed`. `present`: nothing had to be done. */
  readonly state: 'running' | 'ready' | 'failed' | 'present';
  /** The last line of what does it, or why it failed, in several. Anybody's words: not safe to print as they are. */
  readonly text: string;
  /** Of what has to be fetched; the total grows as more of it becomes known. */
  readonly doneBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
}

export type OnImageProgress = (progress: ImageProgress) => void;

export interface CreateOptions extends Cancellable {
  /** Told of every pull and build that this call starts; of one that it waits for, whoever started it is told. */
  readonly onProgress?: OnImageProgress | undefined;
}

export interface PrepareOptions extends CreateOptions {
  /** From the task's own files, also where a registry has it. */
  readonly build?: boolean | undefined;
  /** Again, even if it is there. */
  readonly force?: boolean | undefined;
}

export interface Prepared extends SandboxOrigin {
  /** False: it was there already. */
  readonly made: boolean;
}

export interface CleanOptions extends Cancellable {
  /**
   * Also remove what runs that cannot be looked at from here (of another host or PID namespace) made longer ago than this.
   * Such a run may be alive. Absent: their sandboxes stay.
   */
  readonly elsewhereOlderThanMs?: number | undefined;
}

export interface RunJobsOptions extends CreateOptions {
  /** Sandboxes at once. */
  readonly concurrency: number;
}

/** Where sandboxes come from. */
export interface Backend extends Partial<AsyncDisposable> {
  /** @throws SandboxError when no sandbox can be had; `retryable` says whether trying again may help. */
  create(spec: SandboxSpec, options?: CreateOptions): Promise<Sandbox>;
  /**
   * Runs evaluations as batch jobs and yields one result for each, in any order. No job waits for the result of another.
   * An infrastructure failure is a result with `error`: the iteration rejects only when the signal aborts, with its reason.
   * Absent: core runs each job in a sandbox of `create`, over one `exec`.
   */
  runJobs?(jobs: AsyncIterable<Job>, options: RunJobsOptions): AsyncIterable<JobResult>;
  /**
   * Pulls or builds what a task's sandboxes are made from, before any is needed, so that it is there for later runs.
   * Absent: nothing outlives the backend. @throws SandboxError when it cannot be had.
   */
  prepare?(source: Pick<SandboxSpec, 'image' | 'taskDir'>, options?: PrepareOptions): Promise<Prepared>;
  /**
   * Called before anything runs, perhaps more than once: resolves with lines the user should see.
   * @throws ConfigError when this backend cannot or must not do what is asked.
   */
  preflight?(request: { readonly untrusted: boolean } & Cancellable): Promise<readonly string[]>;
  /**
   * Removes what dead runs of this host left, and never what a live one uses; resolves with the names of what was removed.
   * `thisOwner` and `removeLeftovers` do that for a provider that can list what it has.
   */
  clean?(options?: CleanOptions): Promise<readonly string[]>;
}
