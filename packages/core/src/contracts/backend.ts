import type { Cancellable } from './cancellable.ts';
import type { Job, JobResult } from './jobs.ts';
import type { SandboxSpec } from './sandbox-spec.ts';
import type { Workspace } from './workspace.ts';

/** What a sandbox's task came from, for the record: `reference` is a digest or a content hash, without layers. */
export interface SandboxOrigin {
  readonly from: 'image' | 'source';
  readonly reference: string;
}

/** A sandbox as its owner sees it. Disposing twice is harmless and never throws for a sandbox already gone. */
export interface Sandbox extends Workspace, AsyncDisposable {
  readonly id: string;
  readonly origin: SandboxOrigin;
}

/** Progress of an image that is pulled or built. */
export interface ImageProgress {
  /** The task's image, or the base image of its Dockerfile. */
  readonly image: string;
  readonly phase: 'pull' | 'build';
  /** Begins with `running`, ends with `ready` or `failed`. `present`: there was nothing to do. */
  readonly state: 'running' | 'ready' | 'failed' | 'present';
  /** The last line of output, or why it failed. It comes from outside: do not print it as it is. */
  readonly text: string;
  /** Bytes to fetch. The total grows while more becomes known. */
  readonly doneBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
}

export type OnImageProgress = (progress: ImageProgress) => void;

export interface CreateOptions extends Cancellable {
  /** Receives the progress of each pull and build that this call starts, not of those it waits for. */
  readonly onProgress?: OnImageProgress | undefined;
}

export interface PrepareOptions extends CreateOptions {
  /** Build from the task's own files, even if a registry has the image. */
  readonly build?: boolean | undefined;
  /** Pull or build again, even if the image is there. */
  readonly force?: boolean | undefined;
}

export interface Prepared extends SandboxOrigin {
  /** False: it was there already. */
  readonly made: boolean;
}

export interface CleanOptions extends Cancellable {
  /**
   * Also remove what is older than this and belongs to a run on another host or in another PID namespace. Such a run
   * may be alive, because nothing can be known of it from here. Absent: its sandboxes stay.
   */
  readonly elsewhereOlderThanMs?: number | undefined;
}

export interface RunJobsOptions extends CreateOptions {
  /** Sandboxes at once. */
  readonly concurrency: number;
}

/** Makes sandboxes. */
export interface Backend extends Partial<AsyncDisposable> {
  /** @throws SandboxError when it cannot make one; `retryable` says whether another attempt may help. */
  create(spec: SandboxSpec, options?: CreateOptions): Promise<Sandbox>;
  /**
   * Runs evaluations as batch jobs and yields one result for each, in any order. No job waits for the result of another.
   * An infrastructure failure is a result with `error`: the iteration rejects only when the signal aborts, with its reason.
   * Absent: core runs each job in a sandbox of `create`, over one `exec`.
   */
  runJobs?(jobs: AsyncIterable<Job>, options: RunJobsOptions): AsyncIterable<JobResult>;
  /**
   * Pulls or builds what a task's sandboxes are made from, and keeps it for later runs.
   * Absent: nothing outlives the backend. @throws SandboxError when that fails.
   */
  prepare?(source: Pick<SandboxSpec, 'image' | 'taskDir'>, options?: PrepareOptions): Promise<Prepared>;
  /**
   * Runs before a run starts, perhaps more than once. Resolves with lines to show to the user.
   * @throws ConfigError when this backend cannot or must not do what the run asks.
   */
  preflight?(request: { readonly untrusted: boolean } & Cancellable): Promise<readonly string[]>;
  /**
   * Removes what dead runs of this host left behind, and nothing that a live run uses. Resolves with the names.
   * `thisOwner` and `removeLeftovers` do this for a provider that can list its sandboxes.
   */
  clean?(options?: CleanOptions): Promise<readonly string[]>;
}
