import type { FakeImage } from './images.ts';
import type { Machine, Program } from './machine.ts';

/** A sandbox of the fake. */
export interface FakeSandbox {
  readonly id: string;
  readonly taskId: string;
  readonly appId: string;
  readonly createdAt: number;
  readonly definition: Definition;
  readonly tags: readonly Tag[];
  readonly image: FakeImage;
  readonly machine: Machine;
  readonly commands: Map<string, Promise<Running>>;
  /** Resolves when it has ended. */
  readonly over: Promise<undefined>;
  result: { readonly status: number; readonly exitcode?: number } | undefined;
}

export interface Definition {
  readonly entrypointArgs: readonly string[];
  readonly imageId: string;
  readonly timeoutSecs: number;
  readonly resources?: Readonly<Record<string, number>>;
  readonly schedulerPlacement?: { readonly regions: readonly string[] };
  readonly networkAccess?: { readonly networkAccessType: number };
  readonly cloudProviderStr: string;
}

export interface Tag {
  readonly tagName: string;
  readonly tagValue: string;
}

/** What a call answers in place of a result. */
export class Refusal extends Error {
  readonly code: number;
  readonly details: string;
  /** The server asks to wait so long. */
  readonly retryAfterSecs: number | undefined;
  constructor(code: number, details: string, retryAfterSecs?: number) {
    super(details);
    this.code = code;
    this.details = details;
    this.retryAfterSecs = retryAfterSecs;
  }
}

/** A command of a sandbox. */
export interface Running {
  readonly program: Program;
  readonly outputs: readonly [Output, Output];
  written: number;
}

/** What a fake keeps of an output, for a reader whose stream broke. */
const keptBytes = 8 * 1024 * 1024;

/** An output of a program, from any offset that is kept. */
export class Output {
  readonly #stream: Program['stdout'];
  readonly #chunks: { readonly at: number; readonly bytes: Buffer }[] = [];
  #end = 0;
  #over = false;
  #wake = Promise.withResolvers<void>();

  constructor(stream: Program['stdout']) {
    this.#stream = stream;
    const wake = (): void => {
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    };
    stream.on('readable', wake);
    for (const event of ['end', 'close', 'error'])
      stream.on(event, () => {
        this.#over = true;
        wake();
      });
  }

  /** Bytes at an offset, read from the program only when nobody has read them yet. Undefined means the end. */
  async read(offset: number): Promise<Buffer | undefined> {
    for (;;) {
      if (offset < this.#end) {
        const chunk = this.#chunks.findLast(({ at }) => at <= offset);
        if (!chunk) throw new Refusal(11, `Nothing is kept at ${offset}`);
        return chunk.bytes.subarray(offset - chunk.at);
      }
      const bytes: Buffer | null = this.#stream.read();
      if (bytes) {
        this.#chunks.push({ at: this.#end, bytes });
        this.#end += bytes.length;
        while ((this.#chunks[1]?.at ?? this.#end) < this.#end - keptBytes) this.#chunks.shift();
      } else if (this.#over) return undefined;
      else await this.#wake.promise;
    }
  }
}
