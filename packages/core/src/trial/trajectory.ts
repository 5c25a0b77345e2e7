import { appendFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { TrajectoryMessage } from '../contracts/agent.ts';
import { SeatLimitError } from '../contracts/errors.ts';
import { type SeatBounds, seatBounds } from '../contracts/seat-bounds.ts';
import { checkJson } from '../records/check-json.ts';

/** Text that is kept in memory before it is written. */
const bufferedCharacters = 64 * 1024;

/** The messages of a seat, kept in a file: a hostile agent makes as many as it may. */
export class Trajectory {
  readonly #path: string;
  readonly #bounds: SeatBounds;
  readonly #timestamps: number[] = [];
  #pending = '';
  #bytes = 0;

  /** `path`: of a temporary file. Its folder exists. */
  constructor(path: string, bounds: SeatBounds = seatBounds) {
    this.#path = path;
    this.#bounds = bounds;
  }

  /** The number of messages. */
  get length(): number {
    return this.#timestamps.length;
  }

  /**
   * Writes synchronously, so that an agent that floods waits for the disk. @throws SeatLimitError; TypeError when no file can hold
   * the message; errors of the file system.
   */
  add(message: TrajectoryMessage): void {
    const { trajectoryBytes } = this.#bounds;
    checkJson(message, this.#bounds);
    const text = (JSON.stringify(message, null, 2) ?? 'null').replaceAll('\n', '\n    ');
    const line = `${this.length === 0 ? '\n' : ',\n'}    ${text}`;
    this.#bytes += Buffer.byteLength(line);
    if (this.#bytes > trajectoryBytes)
      throw new SeatLimitError('trajectoryBytes', `${trajectoryBytes} bytes of trajectory`);
    this.#timestamps.push(message.timestamp);
    this.#pending += line;
    if (this.#pending.length > bufferedCharacters) this.#flush();
  }

  /** Returns the index of the first message since a time in unix seconds. Undefined, or none since: the next index. */
  since(time: number | undefined): number {
    if (time === undefined) return this.length;
    return this.#timestamps.findLastIndex((timestamp) => timestamp < time) + 1;
  }

  /** Writes `head`, followed by the messages, as one JSON object. @throws errors of the file system. */
  async writeTo(path: string, head: object): Promise<void> {
    this.#flush();
    await using to = await open(path, 'w');
    await to.write(`${JSON.stringify(head, null, 2).slice(0, -2)},\n  "messages": [`);
    if (this.length > 0) {
      await using from = await open(this.#path);
      for await (const bytes of from.createReadStream({ autoClose: false })) await to.write(bytes);
      await to.write('\n  ');
    }
    await to.write(']\n}\n');
  }

  #flush(): void {
    if (this.#pending === '') return;
    appendFileSync(this.#path, this.#pending);
    this.#pending = '';
  }
}
