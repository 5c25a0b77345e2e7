import { computeDisplayWidth } from '../terminal/display-width.ts';
import { Page } from './events.test.fixture.ts';

/** As much of a terminal as the live reporter uses. Whatever else it is sent is a fault. */
export class Terminal extends Page {
  readonly isTTY = true;
  readonly colour: boolean;
  columns: number;
  rows: number;
  /** What was scrolled away and what is on the screen. */
  lines: string[] = [''];
  cursor = 0;
  cursorShown = true;
  wraps = true;
  writes = 0;
  /** A list, because the reporter swallows what a write throws. */
  readonly faults: string[] = [];
  /** The farthest that the cursor went back up. */
  highest = 0;

  constructor(columns: number, rows: number, colour: boolean) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.colour = colour;
  }

  get screen(): string {
    return this.lines.join('\n');
  }

  override write(text: string): void {
    super.write(text);
    this.writes += 1;
    for (const [token] of text.matchAll(/(?![\n\r])\p{Cc}\[[?\d;]*[a-zA-Z]|\p{Cc}|\P{Cc}+/gu)) {
      if (token === '\n') this.#newline();
      else if (token.startsWith('\x1b[')) this.#obey(token.slice(2));
      else if (token !== '\r') this.#print(token);
    }
  }

  #newline(): void {
    this.cursor += 1;
    this.lines[this.cursor] ??= '';
  }

  #print(text: string): void {
    const line = this.lines[this.cursor] + text;
    this.lines[this.cursor] = line;
    if (/\p{Cc}/u.test(text)) this.faults.push(`raw control: ${JSON.stringify(text)}`);
    if (!this.wraps && computeDisplayWidth(line) > this.columns) this.faults.push(`too wide: ${line}`);
  }

  #obey(code: string): void {
    const up = /^(\d+)A$/.exec(code);
    if (up) this.#up(Number(up[1]));
    else if (code === 'J') this.lines.splice(this.cursor, Infinity, '');
    else if (code === '?25l' || code === '?25h') this.cursorShown = code === '?25h';
    else if (code === '?7l' || code === '?7h') this.wraps = code === '?7h';
    else if (!this.colour || !/^\d+m$/.test(code)) this.faults.push(`unknown sequence: ${code}`);
  }

  #up(rows: number): void {
    if (rows >= this.rows) this.faults.push(`up ${rows}, to what has scrolled off the screen`);
    this.cursor -= rows;
    this.highest = Math.max(this.highest, rows);
  }
}
