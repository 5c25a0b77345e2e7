import type { RunEvent, RunEventBody } from '../contracts/events.ts';
import type { AppendFile } from '../records/append-file.ts';
import type { EventStream } from '../records/event-stream.ts';

type WithoutTrial<T> = T extends { readonly trial: string } ? Omit<T, 'trial'> : never;

/** The events of one trial. Each goes to the run's stream and, with the same time, to the trial's events.jsonl. */
export class TrialEvents {
  readonly #trial: string;
  readonly #run: EventStream;
  readonly #file: AppendFile;

  constructor(trial: string, run: EventStream, file: AppendFile) {
    this.#trial = trial;
    this.#run = run;
    this.#file = file;
  }

  emit(body: WithoutTrial<RunEventBody>): RunEvent {
    const { type, ...rest } = body;
    return this.#keep(this.#run.emit({ type, trial: this.#trial, ...rest } as RunEventBody));
  }

  /** Shows a line to the user once per run. Every trial that emits it has it in its events.jsonl. */
  notice(text: string, level: 'info' | 'warning' = 'info'): void {
    this.#keep(this.#run.notice(text, level));
  }

  #keep(event: RunEvent): RunEvent {
    this.#file.line(JSON.stringify(event));
    return event;
  }
}
