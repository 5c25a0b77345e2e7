import { ReadableStream, type ReadableStreamDefaultController } from 'node:stream/web';

/** Maximum bytes that wait for the reader, about as many as with a pipe. After that, the process waits for its reader. */
const highWaterMark = 256 * 1024;

/** One output of a process, with a buffer for its reader. */
export class Output {
  readonly stream: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #room = Promise.withResolvers<void>();
  #dropping = false;

  constructor() {
    this.stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#room.resolve(),
        cancel: () => this.drop(),
      },
      { highWaterMark, size: (bytes) => bytes.byteLength },
    );
  }

  /** Resolves when there is room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#dropping) return;
    this.#controller.enqueue(bytes);
    if ((this.#controller.desiredSize ?? 0) > 0) return;
    this.#room = Promise.withResolvers();
    await this.#room.promise;
  }

  /** Drops everything that is written from now on. */
  drop(): void {
    this.#dropping = true;
    this.#room.resolve();
  }

  close(): void {
    this.#dropping = true;
    try {
      this.#controller.close();
    } catch {
      // The reader has cancelled the stream.
    }
  }
}
