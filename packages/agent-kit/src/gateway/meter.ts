import { StringDecoder } from 'node:string_decoder';
import type { Format, Json, TokenCounts } from './formats.ts';

/** Maximum characters of one event, or of an answer without streaming, that are searched for usage. */
const maxLength = 64 << 20;

/** Reads the usage from an answer while the gateway forwards it. */
export class Meter {
  readonly #format: Format;
  readonly #streamed: boolean;
  readonly #decoder = new StringDecoder();
  #pending = '';
  #usage: Partial<TokenCounts> | undefined;

  constructor(format: Format, contentType: string) {
    this.#format = format;
    this.#streamed = contentType.includes('event-stream');
  }

  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    this.#pending += text;
    if (this.#pending.length > maxLength) this.#pending = '';
    if (!this.#streamed || !text.includes('\n')) return;
    const lines = this.#pending.split('\n');
    this.#pending = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) this.#read(line.slice(5));
  }

  /** The usage that the provider reported. Undefined: it reported none. */
  usage(): TokenCounts | undefined {
    const rest = this.#pending;
    this.#pending = '';
    if (rest !== '') this.#read(this.#streamed ? rest.replace(/^data:/, '') : rest);
    if (this.#usage === undefined) return undefined;
    return { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, ...this.#usage };
  }

  #read(text: string): void {
    let message: Json;
    try {
      message = JSON.parse(text);
    } catch {
      // This is the end mark of a stream, or the answer was cut off.
      return;
    }
    if (typeof message !== 'object' || message === null) return;
    const usage = this.#format.usage(message);
    if (usage) this.#usage = { ...this.#usage, ...usage };
  }
}
