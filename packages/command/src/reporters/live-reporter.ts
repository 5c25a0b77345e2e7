import type { RunEvent } from '@cooperbench/records';
import { type Paint, paintFor } from '../terminal/paint.ts';
import { paintedLine } from '../terminal/segments.ts';
import { EventLines } from './event-lines.ts';
import { ignoreBrokenPipe } from './ignore-broken-pipe.ts';
import { formatLiveBlock } from './live-block.ts';
import { Progress } from './progress.ts';
import type { ReporterOptions, ReporterOutput, RunReporter } from './reporter.ts';

const frameMs = 100;
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
/** Terminals disagree about the widths of some characters. A line that is wider than expected must not wrap. */
const wrapOff = '\x1b[?7l';
const wrapOn = '\x1b[?7h';

/** The reporter for terminals. Lines about events scroll above a block that shows running trials. */
export class LiveReporter implements RunReporter {
  readonly #progress = new Progress();
  readonly #eventLines: EventLines;
  readonly #output: ReporterOutput;
  readonly #write: (text: string) => void;
  readonly #paint: Paint;
  readonly #now: () => number;
  readonly #part: string | undefined;
  #pendingLines: string[] = [];
  #block: readonly { readonly painted: string; readonly width: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #cursorHidden = false;
  #closed = false;

  constructor(output: ReporterOutput, { now = () => performance.now(), part }: ReporterOptions = {}) {
    this.#now = now;
    this.#part = part;
    this.#output = output;
    this.#write = ignoreBrokenPipe(output);
    this.#paint = paintFor(output.colour);
    this.#eventLines = new EventLines(this.#progress, {
      ...{ paint: this.#paint, now, live: true, part },
      columns: () => output.columns,
    });
  }

  onEvent(event: RunEvent): void {
    if (this.#closed) return;
    const trial = this.#progress.apply(event, this.#now());
    this.#pendingLines.push(...this.#eventLines.lines(event, trial));
    if (this.#progress.over) this.#draw();
    else this.#timer ??= setInterval(() => this.#draw(), frameMs).unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#pendingLines.push(...this.#eventLines.endedEarly());
    this.#draw();
    if (this.#cursorHidden) this.#write(showCursor);
  }

  #draw(): void {
    const columns = this.#output.columns || 80;
    const block = this.#closed
      ? []
      : formatLiveBlock(
          this.#progress,
          { rows: this.#output.rows || 24, columns, part: this.#part },
          this.#now(),
        ).map((line) => paintedLine(line, columns, this.#paint));
    const isSame =
      block.map(({ painted }) => painted).join('\n') === this.#block.map(({ painted }) => painted).join('\n');
    if (isSame && this.#pendingLines.length === 0) return;
    const hide = block.length > 0 && !this.#cursorHidden ? hideCursor : '';
    if (hide) this.#cursorHidden = true;
    const lines = this.#pendingLines.map((line) => `${line}\n`).join('');
    const text = block.map(({ painted }) => `${painted}\n`).join('');
    this.#write(hide + this.#eraseBlock(columns) + lines + (text && wrapOff + text + wrapOn));
    this.#pendingLines = [];
    this.#block = block;
  }

  /** Moves to the block's first row and clears from there. A terminal that became narrower has wrapped its lines. */
  #eraseBlock(columns: number): string {
    if (this.#block.length === 0) return '';
    const rows = this.#block.reduce((sum, { width }) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return `\r\x1b[${rows}A\x1b[J`;
  }
}
