import { appendFile } from 'node:fs/promises';

const flushAfterMs = 200;

/**
 * Appends lines to a file in batches. `close` writes the last batch, and drops later lines. Disposing ignores errors; `close`
 * reports them.
 */
export class AppendFile implements AsyncDisposable {
  readonly #path: string;
  #pending: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  line(text: string): void {
    if (this.#closed) return;
    this.#pending.push(text);
    this.#timer ??= setTimeout(() => void this.#flush(), flushAfterMs).unref();
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return this.#writing;
    const text = `${this.#pending.join('\n')}\n`;
    this.#pending = [];
    this.#writing = this.#writing
      .then(() => appendFile(this.#path, text))
      .catch((error: unknown) => {
        this.#failure ??= error;
      });
    return this.#writing;
  }

  /** Writes the last batch. @throws the first error of any write. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flush();
    if (this.#failure) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => {});
  }
}
