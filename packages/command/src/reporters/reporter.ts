import type { RunEvent } from '@cooperbench/records';

/** Shows the progress of a run. Receives every event as it happens, and must not throw. */
export interface Reporter {
  onEvent(event: RunEvent): void;
  /** Called once after the last event, even when the run failed. Prints pending output and restores the terminal. */
  close(): void;
}

/** The output of a reporter, such as `process.stdout`. */
export interface ReporterOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  /** Whether to print colours. */
  readonly colour?: boolean;
  /** Subscribes to errors. A stream reports a broken pipe after `write` has returned. */
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

export interface ReporterOptions {
  /** A monotonic clock in milliseconds. Default: the clock of the process. */
  readonly now?: () => number;
  /** The position among several runs, such as `run 3 of 10`. */
  readonly part?: string | undefined;
}
