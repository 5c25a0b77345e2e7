import type { SandboxSpec } from './sandbox-spec.ts';

/** Work that needs a sandbox of its own and nobody beside it: files go in, one program runs, files come out. */
export interface Job {
  /** Unique among the jobs of one call. */
  readonly id: string;
  readonly spec: SandboxSpec;
  /**
   * POSIX sh, run in the sandbox as `sh -c PROGRAM sh INPUT RESULT REPO`. INPUT is the sandbox's `patchesDir` and holds
   * `files`. The program makes RESULT and leaves the wanted files there. REPO is `repoDir`. The first line of its standard
   * input is a mark: lines of its standard output that begin with the mark and a space become `said`. It may print a wanted
   * file itself, before code that it does not trust runs, as a line `file NAME BASE64`: the first copy of a file counts.
   */
  readonly program: string;
  /** Content by name. Names are letters, digits, `.`, `_` and `-`. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** More files, for a sandbox made from the task's source, which lacks what an image brings. */
  readonly sourceFiles?: ReadonlyMap<string, string | Uint8Array> | undefined;
  /** Result files to fetch, with the most bytes to take of each. A longer file is cut in the middle. */
  readonly wanted: ReadonlyMap<string, number>;
  /** How long the program may run. Past it the job ends early with exit code 124. */
  readonly timeoutMs: number;
}

/** What a program that was started came to. */
export interface JobReport {
  readonly id: string;
  /** The lines that the program marked, without the mark, in order. */
  readonly said: readonly string[];
  /** The wanted files that were there. */
  readonly fetched: ReadonlyMap<string, Uint8Array>;
  /** The program did not reach its end. What it said and handed out before is there. Absent: it did. */
  readonly early?: { readonly exitCode: number; readonly stderr: string } | undefined;
}

/** A report, or why infrastructure kept the job from having one. */
export type JobResult = JobReport | { readonly id: string; readonly error: string };
