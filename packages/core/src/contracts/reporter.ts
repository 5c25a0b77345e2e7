/** An event of a run. The type `RunEvent` of `@cooperbench/records` has the fields of each `type`. */
export interface ReportedEvent {
  readonly type: string;
  /** ISO 8601, in UTC. */
  readonly time: string;
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

/** The run that a reporter shows. */
export interface ReporterContext {
  readonly output: ReporterOutput;
  /** The position among several runs, such as `run 3 of 10`. */
  readonly part?: string | undefined;
}

/** Shows the progress of one run. Texts in events come from agents: remove control characters before you print them. */
export interface OpenReporter {
  /** Receives every event as it happens. One that throws gets no more events, and the run goes on. */
  onEvent(event: ReportedEvent): void;
  /** Called once after the last event, even when the run failed. Prints what is pending. It has 10 s. */
  close(): void | Promise<void>;
}

/** Shows runs, by `--reporter`. */
export interface Reporter {
  /** Begins a run. An experiment has several, one after another. */
  open(context: ReporterContext): OpenReporter;
}
