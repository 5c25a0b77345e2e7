import type { RunEvent } from '@cooperbench/core';

/** Shows a run to whoever started it, from its events alone. Never throws into the run. */
export interface Reporter {
  onEvent(event: RunEvent): void;
  /** Restores the terminal; prints what is left. */
  close(): void;
}

/** Where a reporter writes. `process.stdout` is one. */
export interface ReporterOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  /** Absent: no colour. */
  readonly colour?: boolean;
  /** Where a stream says that its pipe broke, which it does after `write` returned. */
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

export interface ReporterOptions {
  /** Milliseconds from any fixed point, never going back. Default: the process's monotonic clock. */
  readonly now?: () => number;
}
