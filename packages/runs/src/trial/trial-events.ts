import { randomBytes } from 'node:crypto';
import type { SeatPlan } from '@cooperbench/core';
import type { RunEvent, RunEventBody } from '@cooperbench/records';
import type { EventStream } from './event-stream.ts';
import type { TrialFiles } from './trial-files.ts';

type WithoutTrial<T> = T extends { readonly trial: string } ? Omit<T, 'trial'> : never;

/** The events of one trial. Each goes to the run's stream and, with the same time, to the trial's events.jsonl. */
export class TrialEvents {
  readonly trial: string;
  /** Identifies this attempt in result.json and in the ledger. New each time the trial runs. */
  readonly runId: string = randomBytes(4).toString('hex');
  readonly #run: EventStream;
  readonly #files: TrialFiles;

  constructor(trial: string, run: EventStream, files: TrialFiles) {
    this.trial = trial;
    this.#run = run;
    this.#files = files;
  }

  emit(body: WithoutTrial<RunEventBody>): RunEvent {
    const { type, ...rest } = body;
    return this.#keep(this.#run.emit({ type, trial: this.trial, ...rest } as RunEventBody));
  }

  /** Shows a line to the user once per run. Every trial that emits it has it in its events.jsonl. */
  notice(text: string, level: 'info' | 'warning' = 'info'): void {
    this.#keep(this.#run.notice(text, level));
  }

  /** Adds a line to a seat's log file. */
  log({ fileStem }: SeatPlan, text: string): void {
    this.#files.log(fileStem).line(`${this.#run.now().toISOString()} ${text}`);
  }

  /** Keeps a line of what the framework in a seat printed. */
  raw({ fileStem }: SeatPlan, line: string): void {
    this.#files.raw(fileStem).line(line);
  }

  #keep(event: RunEvent): RunEvent {
    this.#files.events.line(JSON.stringify(event));
    return event;
  }
}
