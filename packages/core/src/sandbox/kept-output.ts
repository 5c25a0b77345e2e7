import { Buffer } from 'node:buffer';

/** How many bytes of a step's output the host reads before it ends the step. */
export const maxOutput: number = 64 * 1024 * 1024;
/** How many bytes of it are kept: a quarter at the beginning, a quarter at the end, and half from between. */
export const keptOutput: number = 4 * 1024 * 1024;

/**
 * Lines in the middle of a long output that are kept, as a POSIX extended regular expression that JavaScript reads in the same
 * way: results of tests with their names, and summaries. It looks at the first bytes of a line.
 */
export const keptLines: string =
  '::|PASS|FAIL|SKIP|ERROR|ok( |$)|=== RUN|^test |^running |test result|passed|failed|^ *[(✓✔√✗✕×○]|^ *[0-9]+[.)] |^# ';

const pattern = new RegExp(keptLines);
/** Matches every text with such a line, and some more, when bytes stand for characters. */
const roughPattern = new RegExp(Buffer.from(keptLines).toString('latin1'), 'm');
const longestLine = 4096;

/** Collects a hostile output in bounded memory. */
export class KeptOutput {
  /** Bytes added so far. */
  size = 0;
  readonly #end: number;
  readonly #head: Buffer[] = [];
  #headRoom: number;
  readonly #middle: Buffer[] = [];
  #middleRoom: number;
  #line = '';
  readonly #tail: Buffer[] = [];
  #tailSize = 0;

  constructor(limit: number = keptOutput) {
    this.#end = Math.floor(limit / 4);
    this.#headRoom = this.#end;
    this.#middleRoom = limit - 2 * this.#end;
  }

  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk);
    this.size += bytes.length;
    const head = bytes.subarray(0, this.#headRoom);
    if (head.length > 0) this.#head.push(head);
    this.#headRoom -= head.length;
    const rest = bytes.subarray(head.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailSize += rest.length;
    // A whole chunk at a time, so that the tail has at least its length.
    for (
      let first = this.#tail[0];
      first && this.#tailSize - first.length >= this.#end;
      first = this.#tail[0]
    ) {
      this.#tail.shift();
      this.#tailSize -= first.length;
      this.#leave(first);
    }
  }

  /** Returns the whole output, or the parts that were kept. */
  bytes(): Buffer {
    const tail = Buffer.concat(this.#tail);
    this.#leave(tail.subarray(0, -this.#end));
    const end = tail.subarray(-this.#end);
    const head = Buffer.concat(this.#head);
    if (this.size === head.length + end.length) return Buffer.concat([head, end]);
    const newline = Buffer.from('\n');
    return Buffer.concat([head, newline, ...this.#middle, newline, end]);
  }

  /** Keeps the lines of a part of the middle that the pattern matches. */
  #leave(part: Buffer): void {
    if (part.length === 0 || this.#middleRoom <= 0) return;
    // No character is lost: a byte is a character here, and a line becomes text when it is complete.
    const text = part.toString('latin1');
    const first = text.indexOf('\n');
    if (first === -1) {
      this.#line = (this.#line + text).slice(0, longestLine);
      return;
    }
    const last = text.lastIndexOf('\n');
    this.#keep(this.#line + text.slice(0, first));
    // Most parts of a flood have no such line, and to split them would take seconds.
    const lines = text.slice(first + 1, last + 1);
    if (roughPattern.test(lines)) for (const line of lines.split('\n')) this.#keep(line);
    this.#line = text.slice(last + 1).slice(0, longestLine);
  }

  #keep(line: string): void {
    if (!roughPattern.test(line)) return;
    const bytes = Buffer.from(`${line.slice(0, longestLine)}\n`, 'latin1');
    if (bytes.length > this.#middleRoom || !pattern.test(bytes.toString())) return;
    this.#middleRoom -= bytes.length;
    this.#middle.push(bytes);
  }
}
