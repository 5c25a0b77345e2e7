import { appendFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const flushAfterMs = 200;
const bufferedCharacters = 64 * 1024;

/**
 * Appends lines to a file in batches. Writes synchronously, so that whoever floods it waits for the disk and nothing piles up in
 * memory. A compressed file has a gzip member for each batch, which every reader joins. `close` writes the last batch, and drops later lines. Disposing ignores errors; `close` reports them.
 */
export class AppendFile implements AsyncDisposable {
  readonly #path: string;
  readonly #isCompressed: boolean;
  #pending: string[] = [];
  #characters = 0;
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;
  #closed = false;

  constructor(path: string, { isCompressed = false }: { readonly isCompressed?: boolean } = {}) {
    this.#path = path;
    this.#isCompressed = isCompressed;
  }

  line(text: string): void {
    if (this.#closed) return;
    this.#pending.push(text);
    this.#characters += text.length;
    if (this.#characters > bufferedCharacters) this.#flush();
    // Small batches compress badly.
    else if (!this.#isCompressed) this.#timer ??= setTimeout(() => this.#flush(), flushAfterMs).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    const text = `${this.#pending.join('\n')}\n`;
    this.#pending = [];
    this.#characters = 0;
    try {
      appendFileSync(this.#path, this.#isCompressed ? gzipSync(text) : text);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  /** Writes the last batch. @throws the first error of any write. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#flush();
    if (this.#failure) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => {});
  }
}
