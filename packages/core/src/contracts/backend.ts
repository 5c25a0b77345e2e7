import type { Cancellable } from './cancellable.ts';
import type { SandboxError } from './errors.ts';
import type { Job, JobResult } from './jobs.ts';
import type { ActualNetwork } from './network.ts';
import type { SandboxSpec } from './sandbox-spec.ts';
import type { Workspace } from './workspace.ts';

/** What a sandbox was made from, for result.json. `reference` is an image digest or a content hash, without layers. */
export interface SandboxOrigin {
  readonly from: 'image' | 'source';
  readonly reference: string;
}

/** A sandbox as its owner sees it. Disposing twice is harmless, and so is disposing a sandbox that no longer exists. */
export interface Sandbox extends Workspace, AsyncDisposable {
  readonly id: string;
  readonly origin: SandboxOrigin;
  /**
   * Ends all processes and keeps the files. Absent means no process outlives the exec that started it. @throws SandboxError
   * when the sandbox does not come back.
   */
  restart?(): Promise<void>;
  /**
   * Keeps the files of the sandbox under a key, for later sandboxes with `SandboxSpec.kept`: all that commands can write, with
   * modes and times. If another run was faster, what it kept may stay. Its owner only disposes the sandbox afterwards. If it
   * is absent, the backend cannot keep it. @throws SandboxError.
   */
  keep?(key: string, options?: Cancellable): Promise<void>;
  /**
   * Resolves with a `SandboxError` that is `fromOutside` when the host has run out of room, and not by what the sandboxes of
   * the same trial wrote. The seat is then lost, because its files may be incomplete. Core asks when the seat's work ends.
   * What code in a sandbox says is no evidence. If it is absent, the backend cannot know, or no sandboxes share a disk.
   */
  hostFault?(): Promise<SandboxError | undefined>;
  /**
   * Resolves with a `SandboxError` that is `fromOutside` when a time limit may have passed without the doing of any code in
   * the sandbox: since `sinceMs`, of `performance.now()`, the backend could not reach it for 30 s or more in all, or it cannot
   * now. Core asks when a limit has passed. If it is absent, the sandbox is on this machine, or the backend cannot know.
   */
  interruption?(sinceMs: number): Promise<SandboxError | undefined>;
}

/** Progress of the pull or build of an image. */
export interface ImageProgress {
  /** The task's image, or the base image of its Dockerfile. */
  readonly image: string;
  readonly phase: 'pull' | 'build';
  /** Starts with `running` and ends with `ready` or `failed`. `present`: the image existed already. */
  readonly state: 'running' | 'ready' | 'failed' | 'present';
  /** The last line of output, or the reason of the failure. Untrusted: escape it before printing. */
  readonly text: string;
  /** Bytes fetched, and bytes to fetch in total. The total may grow. */
  readonly doneBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
}

/** Receives each progress of an image. It must not throw. */
export type OnImageProgress = (progress: ImageProgress) => void;

/** Progress that `create` reports. */
export interface CreateOptions extends Cancellable {
  /** Receives the progress of pulls and builds that this call starts, but not of those that another call started. */
  readonly onProgress?: OnImageProgress | undefined;
  /** Receives what the user should know, such as a quota that keeps the work waiting. A text may come again. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** How `prepare` makes the image of a task. */
export interface PrepareOptions extends CreateOptions {
  /** Builds from the task's own files, even if a registry has the image. */
  readonly build?: boolean | undefined;
  /** Pulls or builds again, even if the image exists. */
  readonly force?: boolean | undefined;
}

/** The image that a backend has prepared. */
export interface PreparedImage extends SandboxOrigin {
  /** False means it existed already, with its layers. */
  readonly made: boolean;
}

/** How `clean` chooses what to remove. */
export interface CleanOptions extends Cancellable {
  /**
   * Also removes sandboxes older than this that belong to a run on another host or in another PID namespace. Such a run may be
   * alive: this process cannot check. If it is absent, these sandboxes stay.
   */
  readonly elsewhereOlderThanMs?: number | undefined;
  /** Receives the name of each thing as soon as it is removed. An interrupted command knows only these. */
  readonly onRemoved?: ((name: string) => void) | undefined;
}

/** How many jobs `runJobs` runs at once, and what it reports. */
export interface RunJobsOptions extends CreateOptions {
  /** Maximum number of sandboxes at the same time. */
  readonly concurrency: number;
}

/** What a run asks of a backend. `cpus` and `memoryMiB`: the most that any of its sandboxes needs. */
export interface BackendRequest extends Pick<SandboxSpec, 'cpus' | 'memoryMiB'> {
  /** Sandboxes will run a model's commands or code. */
  readonly untrusted: boolean;
  /** `open`: some sandbox will have that network. It is absent if that is not known yet. */
  readonly network?: SandboxSpec['network'];
}

/** Creates sandboxes. */
export interface Backend extends Partial<AsyncDisposable> {
  /**
   * Creates a sandbox. When it rejects, nothing of the sandbox remains: core cannot dispose what it did not get.
   * @throws SandboxError when it cannot. `retryable` says whether another attempt may succeed.
   */
  create(spec: SandboxSpec, options?: CreateOptions): Promise<Sandbox>;
  /**
   * Runs evaluations as batch jobs and yields one result for each, in any order. Jobs do not depend on each other. An
   * infrastructure failure is a result with `error`. The iteration rejects only when the signal aborts, with its reason. If it
   * is absent, core runs each job in a sandbox from `create`, with one `exec`.
   */
  runJobs?(jobs: AsyncIterable<Job>, options: RunJobsOptions): AsyncIterable<JobResult>;
  /**
   * Pulls or builds a task's image, adds the layers, and keeps the result for later runs. If it is absent, the backend keeps
   * nothing between runs. @throws SandboxError when the pull or build fails.
   */
  prepare?(
    source: Pick<SandboxSpec, 'image' | 'taskDir' | 'layers'>,
    options?: PrepareOptions,
  ): Promise<PreparedImage>;
  /**
   * Whether a sandbox from this source starts without a pull or a build. Changes nothing: a run that is only planned asks for
   * it. If it is absent, the backend cannot say, for example because its provider has no call that looks without a build, and
   * the plan says nothing about its images.
   */
  hasImage?(
    source: Pick<SandboxSpec, 'image' | 'taskDir' | 'layers'>,
    options?: Cancellable,
  ): Promise<boolean>;
  /**
   * Whether something is kept for a source under the key `kept`, by this run or by an earlier one. May pull or build the image
   * first, as `create` does. Resolves with undefined if its sandboxes have no `keep`. A backend without `keep` omits it.
   */
  hasKept?(
    source: Pick<SandboxSpec, 'image' | 'taskDir'> & { readonly kept: string },
    options?: CreateOptions,
  ): Promise<boolean | undefined>;
  /**
   * Checks the backend before the run starts. Changes nothing: it leaves no network, image, file or sandbox, neither here nor at
   * a provider, because `--dry-run` and `doctor` call it, too. What sandboxes need is created for the first one. Core may call
   * it more than once. Resolves with notices for the user.
   * @throws ConfigError when the backend cannot do what the run asks, or refuses to.
   */
  preflight?(request: BackendRequest & Cancellable): Promise<readonly string[]>;
  /**
   * The network that a sandbox really gets when its spec asks for this one. Core refuses a run that asks for `open` and would
   * get `none`, and records what the sandboxes get. Without it, core warns the user once and records `unknown`.
   */
  resolveNetwork?(
    network: NonNullable<SandboxSpec['network']>,
    options?: Cancellable,
  ): Promise<Exclude<ActualNetwork, 'registries'>>;
  /**
   * Whether code in sandboxes, a task's own scripts included, is kept from this machine. Where it is not, programs may ask the
   * user before it runs. A backend without this method counts as isolated.
   */
  isIsolated?(options?: Cancellable): Promise<boolean>;
  /**
   * Removes what dead runs of this host left behind. Keeps everything that a live run uses. Resolves with the names of
   * what it removed. After an abort, ends the removal that has begun, begins no other, and rejects with the signal's reason.
   * `thisOwner` and `removeLeftovers` do this for a provider that can list its sandboxes.
   */
  clean?(options?: CleanOptions): Promise<readonly string[]>;
  /** Names what `clean` would remove, and removes nothing. `doctor` asks. If it is absent, the backend cannot say. */
  leftovers?(options?: Cancellable): Promise<readonly string[]>;
}
