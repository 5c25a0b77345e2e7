import type { RunEvent } from '@cooperbench/records';
import { paintFor } from '../terminal/paint.ts';
import { EventLines } from './event-lines.ts';
import { ignoreBrokenPipe } from './ignore-broken-pipe.ts';
import { Progress } from './progress.ts';
import type { ReporterOptions, ReporterOutput, RunReporter } from './reporter.ts';

/** Prints plain lines for files, pipes and CI. */
export class LinesReporter implements RunReporter {
  readonly #progress = new Progress();
  readonly #eventLines: EventLines;
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  #closed = false;

  constructor(output: ReporterOutput, { now = () => performance.now(), part }: ReporterOptions = {}) {
    this.#now = now;
    this.#write = ignoreBrokenPipe(output);
    this.#eventLines = new EventLines(this.#progress, {
      ...{ paint: paintFor(output.colour), now, live: false, part },
    });
  }

  onEvent(event: RunEvent): void {
    if (event.type === 'step' || event.type === 'answer') return;
    const trial = this.#progress.apply(event, this.#now());
    this.#print(this.#eventLines.lines(event, trial));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#print(this.#eventLines.endedEarly());
  }

  #print(lines: readonly string[]): void {
    this.#write(lines.map((line) => `${line}\n`).join(''));
  }
}
