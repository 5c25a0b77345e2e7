import type { ReadableStream } from 'node:stream/web';

/** The first and last bytes of a stream. The bytes between them are only counted. */
export interface Capture {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly leftOutBytes: number;
}

/** Collects a limited part of what a command prints: half of the limit from its start, half from its end. */
export class HeadAndTail {
  readonly #half: number;
  readonly #head: Uint8Array[] = [];
  #headBytes = 0;
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #leftOutBytes = 0;

  constructor(limitBytes: number) {
    this.#half = Math.ceil(limitBytes / 2);
  }

  add(chunk: Uint8Array): void {
    const toHead = chunk.subarray(0, this.#half - this.#headBytes);
    if (toHead.length > 0) this.#head.push(toHead);
    this.#headBytes += toHead.length;
    const rest = chunk.subarray(toHead.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    if (this.#tailBytes > 2 * this.#half + 65_536) this.#trim();
  }

  result(): Capture {
    this.#trim();
    return {
      head: Buffer.concat(this.#head),
      tail: Buffer.concat(this.#tail),
      leftOutBytes: this.#leftOutBytes,
    };
  }

  #trim(): void {
    const excess = this.#tailBytes - this.#half;
    if (excess <= 0) return;
    // `concat` copies, so that the chunks can be freed.
    this.#tail = [Buffer.concat(this.#tail).subarray(excess)];
    this.#tailBytes = this.#half;
    this.#leftOutBytes += excess;
  }
}

/** After the process has ended, stops reading a stream that is silent for this long … */
const silenceMs = 500;
/** … and any stream after this long: a background process may keep it open and print forever. */
const remainderMs = 5000;

/** Reads a stream to its end. Once `ended` has resolved, waits only for output that is still on its way. */
export async function drain(
  stream: ReadableStream<Uint8Array>,
  into: HeadAndTail,
  end: Promise<unknown>,
): Promise<void> {
  const reader = stream.getReader();
  // Cancelling ends the pending read. Racing each read against `ended` would keep every chunk until it settles.
  const giveUp = (): void => void reader.cancel().catch(() => {});
  let silence: NodeJS.Timeout | undefined;
  let remainder: NodeJS.Timeout | undefined;
  let hasEnded = false;
  end.then(() => {
    if (hasEnded) return;
    silence = setTimeout(giveUp, silenceMs);
    remainder = setTimeout(giveUp, remainderMs);
  });
  try {
    for (;;) {
      const next = await reader.read();
      if (next.done) return;
      into.add(next.value);
      silence?.refresh();
    }
  } finally {
    hasEnded = true;
    clearTimeout(silence);
    clearTimeout(remainder);
  }
}
