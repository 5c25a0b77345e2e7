/** What `cooperbench prepare` has come to; the last event's fields are also what `--json` prints. */
export interface Prepared {
  readonly dataset: string;
  /** The commit. */
  readonly revision: string;
  /** Absolute path. */
  readonly directory: string;
  /** Of the revision. */
  readonly files: number;
  readonly downloaded: number;
  readonly downloaded_bytes: number;
  readonly unchanged: number;
  /** Paths that were changed here and left so. */
  readonly kept: readonly string[];
  /** Paths that an earlier revision had and this one has not. */
  readonly removed: readonly string[];
  /** In the folder, whoever put them there. */
  readonly tasks: number;
  readonly pairs: number;
  readonly broken: readonly string[];
}

export type PrepareEvent =
  | { readonly type: 'resolved'; readonly dataset: string; readonly asked: string; readonly revision: string }
  | {
      readonly type: 'compared';
      readonly files: number;
      readonly unchanged: number;
      readonly to_download: number;
      readonly to_download_bytes: number;
    }
  /** Bytes that came; negative for some that were thrown away. Not among the lines of `--reporter json`. */
  | { readonly type: 'bytes'; readonly delta: number }
  | { readonly type: 'file'; readonly path: string; readonly bytes: number }
  | { readonly type: 'retry'; readonly reason: string; readonly wait_seconds: number }
  | ({ readonly type: 'finished' } & Prepared);
