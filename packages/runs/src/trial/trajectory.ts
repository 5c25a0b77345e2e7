import { appendFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  type AgentEvent,
  type SeatBounds,
  SeatLimitError,
  seatBounds,
  type TrajectoryMessage,
} from '@cooperbench/core';
import { matchUsageToAnswers, type StoredAnswer } from './answer-usage.ts';
import { checkJson } from './check-json.ts';

/** Text that is kept in memory before it is written, and for how long: a viewer shows what the file has. */
const bufferedCharacters = 64 * 1024;
const flushAfterMs = 500;
const messageEnd = '\n    }';

/** The messages of a seat, kept in a file: a hostile agent makes as many as it may. */
export class Trajectory {
  readonly #path: string;
  readonly #bounds: SeatBounds;
  readonly #timestamps: number[] = [];
  /** Messages of the model without cost and tokens, with the place in the file where these belong. */
  readonly #answers: (StoredAnswer & { readonly offset: number })[] = [];
  readonly #usages: Parameters<typeof matchUsageToAnswers>[1][number][] = [];
  /** Added to each message. It is undefined if the trial has no phases. */
  phase: string | undefined;
  #pending = '';
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;

  /** `path`: of a temporary file. Its folder exists. */
  constructor(path: string, bounds: SeatBounds = seatBounds) {
    this.#path = path;
    this.#bounds = bounds;
  }

  /** Returns the number of messages. */
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
    const storedMessage = this.phase === undefined ? message : { ...message, phase: this.phase };
    const text = (JSON.stringify(storedMessage, null, 2) ?? 'null').replaceAll('\n', '\n    ');
    const line = `${this.length === 0 ? '\n' : ',\n'}    ${text}`;
    this.#bytes += Buffer.byteLength(line);
    if (this.#bytes > trajectoryBytes)
      throw new SeatLimitError('trajectoryBytes', `${trajectoryBytes} bytes of trajectory`);
    const { timestamp, role, input_tokens, response_id: id } = message;
    this.#timestamps.push(timestamp);
    if (role === 'assistant' && input_tokens === undefined)
      this.#answers.push({ timestamp, id, offset: this.#bytes - messageEnd.length });
    this.#pending += line;
    if (this.#pending.length > bufferedCharacters) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flushLater(), flushAfterMs).unref();
  }

  /** Keeps the usage of an answer that has just ended, for the message that has it. */
  addUsage({ usage, began, id }: Extract<AgentEvent, { type: 'usage' }>): void {
    if (began === undefined && id === undefined) return;
    const { costUsd, inputTokens, outputTokens } = usage;
    this.#usages.push({ costUsd, inputTokens, outputTokens, began, id, ended: Date.now() / 1000 });
  }

  /**
   * Returns the index of the first message since a time in unix seconds. If the time is undefined, or if no message is as new,
   * returns the next index.
   */
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
      const copy = async (start: number, end: number): Promise<void> => {
        if (end <= start) return;
        const stream = from.createReadStream({ start, end: end - 1, autoClose: false });
        for await (const bytes of stream) await to.write(bytes);
      };
      let copied = 0;
      for (const [answer, usage] of matchUsageToAnswers(this.#answers, this.#usages)) {
        await copy(copied, answer.offset);
        copied = answer.offset;
        const { costUsd: cost, inputTokens: input_tokens, outputTokens: output_tokens } = usage;
        const fields = Object.entries({ cost, input_tokens, output_tokens });
        for (const [name, value] of fields)
          if (value !== undefined) await to.write(`,\n      "${name}": ${JSON.stringify(value)}`);
      }
      await copy(copied, this.#bytes);
      await to.write('\n  ');
    }
    await to.write(']\n}\n');
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#failure) throw this.#failure;
    if (this.#pending === '') return;
    appendFileSync(this.#path, this.#pending);
    this.#pending = '';
  }

  /** Nobody waits for this write: what it throws is thrown by the next. */
  #flushLater(): void {
    try {
      this.#flush();
    } catch (error) {
      this.#failure = error;
    }
  }
}
