/** The result of `cooperbench prepare`, which `--json` prints. */
export interface Prepared {
  readonly dataset: string;
  /** The commit. */
  readonly revision: string;
  /** Absolute path. */
  readonly directory: string;
  /** In the revision. */
  readonly files: number;
  readonly downloaded: number;
  readonly downloaded_bytes: number;
  readonly unchanged: number;
  /** Files that the user changed. */
  readonly kept: readonly string[];
  /** Files of an earlier revision that this one does not have. */
  readonly removed: readonly string[];
  /** In the directory, also those that other means put there. */
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
  /** Bytes received; negative for bytes thrown away. `--reporter json` leaves these events out. */
  | { readonly type: 'bytes'; readonly delta: number }
  | { readonly type: 'file'; readonly path: string; readonly bytes: number }
  | { readonly type: 'retry'; readonly reason: string; readonly wait_seconds: number }
  | ({ readonly type: 'finished' } & Prepared);
