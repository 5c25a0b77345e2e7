import { Buffer } from 'node:buffer';
import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web';

const keptCharacters = 2000;

/** Reads a process's standard error and keeps its end. */
export class ErrorTail {
  /** Settles when the stream has ended, or `stop` was called. Never rejects. */
  readonly ended: Promise<void>;
  /** Resolves with true when the mark has arrived, or with false when the stream ends without it. */
  readonly marked: Promise<boolean>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #mark: string | undefined;
  #text = '';

  /** `mark`: the text up to the last line with it does not count. */
  constructor(stream: ReadableStream<Uint8Array>, mark?: string) {
    this.#reader = stream.getReader();
    this.#mark = mark;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.marked = promise;
    this.ended = this.#read(() => resolve(true)).finally(() => resolve(false));
  }

  get text(): string {
    return this.#mark === undefined ? this.#text : (this.#text.split(`${this.#mark}\n`).at(-1) ?? '');
  }

  stop(): void {
    void this.#reader.cancel().catch(() => {});
  }

  async #read(onMark: () => void): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        if (done) return;
        const text = `${this.#text}${Buffer.from(value)}`;
        if (this.#mark !== undefined && text.includes(`${this.#mark}\n`)) onMark();
        this.#text = text.slice(-keptCharacters);
      }
    } catch {
      // The exit code says how the process ended.
    }
  }
}
