import { ReadableStream, WritableStream } from 'node:stream/web';
import type { SandboxProcess } from '@cooperbench/core';
import type { TunnelStream } from './tunnel-stream.ts';

/** How long an output may stay open without data after its program has ended. A child of the program may hold it open. */
const silentMs = 1_000;

/** A program that the tunnel started. */
export class Program implements SandboxProcess {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly #outputs: readonly TunnelStream[];
  readonly #exit = Promise.withResolvers<number>();
  readonly #kill: () => Promise<void>;
  readonly #signal: AbortSignal | undefined;
  #running = true;

  constructor(
    main: TunnelStream,
    errors: TunnelStream,
    kill: () => Promise<void>,
    signal: AbortSignal | undefined,
  ) {
    errors.end();
    this.stdin = toWritable(main);
    this.stdout = toReadable(main);
    this.stderr = toReadable(errors);
    this.#outputs = [main, errors];
    this.#kill = kill;
    this.#signal = signal;
    this.#exit.promise.catch(() => {});
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  async wait(): Promise<number> {
    const code = await this.#exit.promise;
    this.#signal?.throwIfAborted();
    return code;
  }

  async kill(): Promise<void> {
    if (!this.#running) return;
    await this.#kill();
    await this.#exit.promise.catch(() => {});
  }

  onExit(code: number): void {
    this.#markEnded();
    this.#exit.resolve(Number.isInteger(code) ? code : 255);
    for (const output of this.#outputs) {
      output.onDeaf();
      endWhenSilent(output);
    }
  }

  onLost(error: Error): void {
    this.#markEnded();
    this.#exit.reject(this.#signal?.aborted ? this.#signal.reason : error);
  }

  #markEnded(): void {
    this.#running = false;
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => void this.kill();
}

function endWhenSilent(output: TunnelStream): void {
  const { received } = output;
  setTimeout(() => {
    if (output.received !== received || output.starved) endWhenSilent(output);
    else output.onEnd();
  }, silentMs).unref();
}

function toReadable(stream: TunnelStream): ReadableStream<Uint8Array> {
  const chunks = stream.iterator({ destroyOnReturn: false });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      // Drops the output, so that the program does not block.
      cancel: () => void stream.resume(),
    },
    { highWaterMark: 0 },
  );
}

function toWritable(stream: TunnelStream): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => void stream.end(),
    abort: () => void stream.end(),
  });
}
