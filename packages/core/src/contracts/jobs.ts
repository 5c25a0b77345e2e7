import type { SandboxSpec } from './sandbox-spec.ts';

/** A program that runs alone in its own sandbox: files go in, the program runs, files come out. */
export interface Job {
  /** Unique among the jobs of one call. */
  readonly id: string;
  readonly spec: SandboxSpec;
  /**
   * POSIX sh, run in the sandbox as `sh -c PROGRAM sh INPUT RESULT REPO`. INPUT is the sandbox's `patchesDir` and holds
   * `files`. The program makes RESULT and leaves the `outputs` there. REPO is `repoDir`. The first line of its standard
   * input is a mark: lines of its standard output that begin with the mark and a space become `markedLines`. It may print an
   * output itself, before it runs code that it does not trust, as a line `file NAME BASE64`. The first copy of a file counts.
   */
  readonly program: string;
  /** Content by name. Names consist of letters, digits, `.`, `_` and `-`. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Extra files for a sandbox made from the task's source, which lacks what an image contains. */
  readonly sourceFiles?: ReadonlyMap<string, string | Uint8Array> | undefined;
  /** Result files to fetch, with the maximum bytes of each. A longer file is cut in the middle. */
  readonly outputs: ReadonlyMap<string, number>;
  /** A POSIX extended regular expression: lines of a longer file's middle that match it are kept, to half of its bytes. */
  readonly keptLines?: string | undefined;
  /** How long the program may run. After that, the job ends early with exit code 124. */
  readonly timeoutMs: number;
}

/** What a job's program produced. */
export interface JobReport {
  readonly id: string;
  /** The lines that the program marked, without the mark, in order. */
  readonly markedLines: readonly string[];
  /** The outputs that were there. */
  readonly outputFiles: ReadonlyMap<string, Uint8Array>;
  /** The program did not reach its end. The report has what it said and handed out before. Absent: it reached its end. */
  readonly endedEarly?: { readonly exitCode: number; readonly stderr: string } | undefined;
}

/** A report, or why infrastructure prevented one. */
export type JobResult = JobReport | { readonly id: string; readonly error: string };
