import type { SandboxSpec } from './sandbox-spec.ts';

/** Content that is read when it is sent: the patches of a whole run may not fit in memory. */
export interface FileSource {
  /** In bytes. */
  readonly length: number;
  /** Reads the content from its beginning, in pieces. @throws when it cannot be read, or is no longer what it was. */
  read(): Iterable<Uint8Array>;
}

/** The content of a job's file. */
export type FileContent = string | Uint8Array | FileSource;

/**
 * Work in a sandbox of its own: files go in, a program runs, files come out. Then steps may run code that nobody trusts. Each
 * step is a process of its own, whose exit code comes from outside of the sandbox.
 */
export interface Job {
  /** Unique among the jobs of one call. */
  readonly id: string;
  readonly spec: SandboxSpec;
  /**
   * POSIX sh, run in the sandbox as `sh -c PROGRAM sh INPUT RESULT REPO`. INPUT is the sandbox's `patchesDir` and holds
   * `files`. The program makes RESULT and leaves the `outputs` there. REPO is `repoDir`. The first line of its standard
   * input is a mark: lines of its standard output that begin with the mark and a space become `markedLines`. Code that runs
   * beside the program can read the mark from its memory, so code that nobody trusts belongs in `steps`.
   */
  readonly program: string;
  /** Content by name. Names consist of letters, digits, `.`, `_` and `-`. */
  readonly files: ReadonlyMap<string, FileContent>;
  /** More files, whose content was made at random: two jobs that differ in nothing else do the same work. */
  readonly randomFiles?: ReadonlyMap<string, string> | undefined;
  /** Extra files for a sandbox made from the task's source, which lacks what an image contains. */
  readonly sourceFiles?: ReadonlyMap<string, string | Uint8Array> | undefined;
  /**
   * Result files to fetch when the program has ended, with the maximum bytes of each. A longer file is cut in the middle.
   * RESULT is removed before the first step.
   */
  readonly outputs: ReadonlyMap<string, number>;
  /** How long the program may run. After that, the job ends early with exit code 124. */
  readonly timeoutMs: number;
  /** POSIX sh that each step runs as `sh -c PROGRAM sh INPUT RESULT REPO STEP`, where STEP is the step's name. */
  readonly stepProgram?: string | undefined;
  /** Run one after another once the program has reached its end. Defaults to none. */
  readonly steps?: readonly JobStep[] | undefined;
}

/** A job whose sandbox is kept, for later ones to begin with its files. */
export interface KeptJob extends Job {
  /** Identifies everything that the files depend on, except for the image or source. */
  readonly key: string;
  /** Returns whether the files are worth keeping. */
  isToKeep(report: JobReport): boolean;
}

/** A process that follows a job's program in the same sandbox, such as a test run. */
export interface JobStep {
  /** Unique in its job: letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /**
   * An output of the job's program, whose content is the step's standard input. It may hold what the sandbox must not see
   * earlier. If the program did not make it, the step is left out.
   */
  readonly stdin: string;
  /** How long the step may run. The host measures it, and ends the step after that. */
  readonly timeoutMs: number;
  /** Left out unless every step before it exited 0. */
  readonly afterSuccess?: boolean | undefined;
  /** Left out unless the step right before it ran, and did not exit 0. */
  readonly afterFailure?: boolean | undefined;
}

/** How a step ended. */
export interface StepReport {
  /** The exit code of the process, as the backend reports it. 124: the host ended the step. */
  readonly exitCode: number;
  /** Standard output. Of more than 4 MiB, the beginning, the end, and lines between that `keptLines` matches. */
  readonly output: Uint8Array;
  /** The end of standard error. */
  readonly stderr: string;
  readonly seconds: number;
  /** The host ended the step: after `timeoutMs`, or after 64 MiB of output. */
  readonly endedFor?: 'time' | 'output' | undefined;
}

/** What a job produced. */
export interface JobReport {
  readonly id: string;
  /** The lines that the program marked, without the mark, in order. */
  readonly markedLines: readonly string[];
  /** The outputs that were there. */
  readonly outputFiles: ReadonlyMap<string, Uint8Array>;
  /** Set if the program did not reach its end. The report has what it said and handed out before. */
  readonly endedEarly?: { readonly exitCode: number; readonly stderr: string } | undefined;
  /** The steps that ran, by name. It is absent if none did. */
  readonly steps?: ReadonlyMap<string, StepReport> | undefined;
  /** Why the sandbox was lost while steps ran, if it was. The steps that are missing did not end. */
  readonly lost?: string | undefined;
}

/** A report, or why infrastructure prevented one. */
export type JobResult = JobReport | { readonly id: string; readonly error: string };
