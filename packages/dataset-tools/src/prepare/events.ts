/** The result of `cooperbench prepare`, which `--json` prints. */
export interface PreparedDataset {
  readonly dataset: string;
  /** The commit that was downloaded. */
  readonly revision: string;
  /** Absolute path. */
  readonly directory: string;
  /** Number of files in the revision. */
  readonly files: number;
  readonly downloaded: number;
  readonly downloaded_bytes: number;
  readonly unchanged: number;
  /** Files that the user changed. */
  readonly kept: readonly string[];
  /** Files of an earlier revision that this one does not have. */
  readonly removed: readonly string[];
  /** Number of tasks in the directory, including tasks that do not come from the revision. */
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
  /** Bytes received. Negative: bytes were discarded. `--reporter json` leaves these events out. */
  | { readonly type: 'bytes'; readonly delta: number }
  | { readonly type: 'file'; readonly path: string; readonly bytes: number }
  | { readonly type: 'retry'; readonly reason: string; readonly wait_seconds: number }
  | ({ readonly type: 'finished' } & PreparedDataset);
