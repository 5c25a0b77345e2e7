import { StringDecoder } from 'node:string_decoder';
import type { Format, Json, TokenCounts } from './formats.ts';

/** English and code have about four characters a token. Assumed of an answer whose tokens the provider does not state. */
const charactersPerToken = 4;

/** The last event of a stream of chat completions. */
const endMark = '[DONE]';

/** The usage in the part of an answer that was read. */
export interface MeteredUsage {
  /** The counts that the provider stated. */
  readonly stated: Partial<TokenCounts>;
  /** Whether it is the usage of the whole answer. */
  readonly isWhole: boolean;
  /** The length of the answer in tokens, estimated from its text. */
  readonly estimatedOutput: number;
  /** The provider's id of the answer. */
  readonly id: string | undefined;
  /** The error in place of the rest of a stream, or what is wrong with the answer. */
  readonly error: string | undefined;
}

/** Reads the usage from an answer while the gateway forwards it. */
export class Meter {
  readonly #format: Format;
  readonly #streamed: boolean;
  readonly #decoder = new StringDecoder();
  #pending = '';
  #stated: Partial<TokenCounts> = {};
  #isFinal = false;
  #isInvalid = false;
  #characters = 0;
  #id: string | undefined;
  #error: string | undefined;

  constructor(format: Format, contentType: string) {
    this.#format = format;
    this.#streamed = contentType.includes('event-stream');
  }

  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    this.#pending += text;
    if (!this.#streamed || !text.includes('\n')) return;
    const lines = this.#pending.split('\n');
    this.#pending = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) this.#read(line.slice(5));
  }

  /** Call it once, when the answer has ended or has broken off. */
  result(): MeteredUsage {
    const rest = this.#pending;
    this.#pending = '';
    const isRead = rest === '' || this.#read(this.#streamed ? rest.replace(/^data:/, '') : rest);
    if (!isRead || !this.#streamed) this.#characters += rest.length;
    const { inputTokens, outputTokens } = this.#stated;
    return {
      stated: this.#isInvalid ? {} : this.#stated,
      isWhole: this.#isFinal && !this.#isInvalid && inputTokens !== undefined && outputTokens !== undefined,
      estimatedOutput: Math.ceil(this.#characters / charactersPerToken),
      id: this.#id,
      error: this.#error,
    };
  }

  /** Returns false if the text is not JSON, because it is the end mark of a stream, or was cut off. */
  #read(text: string): boolean {
    let message: Json;
    try {
      message = JSON.parse(text);
    } catch {
      if (text.trim() !== endMark) this.#error ??= 'a part of its answer is not JSON';
      return false;
    }
    if (typeof message !== 'object' || message === null) return true;
    this.#id ??= findIdOf(message);
    const error = message.error ?? message.response?.error;
    if (this.#streamed && error) this.#error = String(error.message ?? error.type ?? error).slice(0, 500);
    const usage = this.#format.usage(message);
    if (usage === 'invalid') this.#isInvalid = true;
    else if (usage) {
      this.#stated = { ...this.#stated, ...usage };
      this.#isFinal ||= this.#format.isFinal?.(message) ?? true;
    }
    if (this.#streamed)
      for (const deltaText of this.#format.texts(message))
        if (typeof deltaText === 'string') this.#characters += deltaText.length;
    return true;
  }
}

/** In Anthropic's streams and in those of the responses API, the first event contains the answer. */
function findIdOf({ message, response, id, responseId }: Json): string | undefined {
  const messageId: unknown = message?.id ?? response?.id ?? id ?? responseId;
  return typeof messageId === 'string' && messageId !== '' ? messageId.slice(0, 200) : undefined;
}
