import type { Buffer } from 'node:buffer';
import { type ReadableStream, TransformStream } from 'node:stream/web';
import { settledWithin } from '../async/deadline.ts';
import type { SeatCall, SeatStream } from '../contracts/channel.ts';
import type { SandboxProcess, Workspace } from '../contracts/workspace.ts';
import { lines } from '../sandbox/lines.ts';
import { limitInput } from './call-limits.ts';
import { attachCommand } from './relay-program.ts';

/** How long a caller may take to print its answer. */
const printMs = 2000;
/** How long the last bytes of a stream may take through the sandbox. Killing the copier immediately loses them. */
const lastBytesMs = 10_000;
/** Maximum streams of one seat. Each costs an exec and the process that the channel starts on the host. */
const maxStreams = 8;

interface RelayCallOptions {
  readonly id: string;
  readonly seat: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The call's folder in the sandbox. */
  readonly folder: string;
  readonly workspace: Workspace;
  readonly stop: AbortSignal;
  /** The seat's calls that have an open stream. */
  readonly streaming: Set<RelayCall>;
  /** Sends a line about this call to the relay. */
  readonly send: (words: string) => Promise<void>;
}

/** One call of a command in a sandbox, from its first line until its answer is printed. Disposing it ends its stream. */
export class RelayCall implements SeatCall, AsyncDisposable {
  readonly id: string;
  readonly seat: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly #options: RelayCallOptions;
  readonly #callerEnded = new AbortController();
  readonly signal: AbortSignal;
  readonly #stdin = Promise.withResolvers<Buffer>();
  readonly #connected = Promise.withResolvers<void>();
  readonly #printed = Promise.withResolvers<boolean>();
  #answered = false;
  #copier: SandboxProcess | undefined;

  constructor(options: RelayCallOptions) {
    this.id = options.id;
    this.seat = options.seat;
    this.command = options.command;
    this.args = options.args;
    this.#options = options;
    this.signal = AbortSignal.any([options.stop, this.#callerEnded.signal]);
    const giveUp = (): void => {
      this.#stdin.reject(this.signal.reason);
      this.#connected.reject(this.signal.reason);
      this.#printed.resolve(false);
    };
    if (this.signal.aborted) giveUp();
    else this.signal.addEventListener('abort', giveUp, { once: true });
    this.#stdin.promise.catch(() => {});
    this.#connected.promise.catch(() => {});
  }

  /** Handles a line from the client in the sandbox. */
  take(streamName: string, bytes: Buffer): void {
    if (streamName === 'stdin') this.#stdin.resolve(bytes);
    else if (streamName === 'stream') this.#connected.resolve();
    else if (streamName === 'printed') this.#printed.resolve(true);
    else if (streamName === 'gone') this.gone();
  }

  /** Ends the call because its caller ended without printing an answer. */
  gone(): void {
    this.#callerEnded.abort(new Error('the caller has ended'));
  }

  /** Waits a short time for the caller to print the answer that was sent. Resolves with whether it did. */
  async waitForPrinted(): Promise<boolean> {
    this.#answered = true;
    await settledWithin(printMs, this.#printed.promise);
    this.#printed.resolve(false);
    return this.#printed.promise;
  }

  /** Settles when a pending answer has been printed or lost. Without a pending answer, settles immediately. */
  waitForSettled(): Promise<unknown> {
    return this.#answered ? this.#printed.promise : Promise.resolve();
  }

  readonly stdin = async (): Promise<Uint8Array> => {
    await this.#options.send('stdin');
    return limitInput(await this.#stdin.promise);
  };

  readonly stream = async (): Promise<SeatStream> => {
    const { streaming } = this.#options;
    if (streaming.size === maxStreams)
      throw new Error(`refused: ${maxStreams} streams of this seat are open already`);
    streaming.add(this);
    await this.#options.send('stream');
    await this.#connected.promise;
    const argv = attachCommand(this.#options.folder);
    this.#copier = await this.#options.workspace.exec(argv, { signal: this.signal, cwd: '/' });
    this.#copier.wait().catch(() => {});
    const { stdin, stdout, stderr } = this.#copier;
    return { readable: stdout.pipeThrough(createEndingAsCounted(stderr)), writable: stdin };
  };

  async [Symbol.asyncDispose](): Promise<void> {
    using _stream = { [Symbol.dispose]: () => void this.#options.streaming.delete(this) };
    const copier = this.#copier;
    if (!copier) return;
    if (!copier.stdin.locked) await copier.stdin.close().catch(() => {});
    await settledWithin(lastBytesMs, copier.wait());
    await copier.kill().catch(() => {});
  }
}

/**
 * Ends a stream after as many bytes as the copier reports on its standard error. The stream itself stays open while the copier
 * waits for the other direction, and not every backend reports the end of one output before that of the other.
 */
function createEndingAsCounted(stderr: ReadableStream<Uint8Array>): TransformStream<Uint8Array, Uint8Array> {
  let passedBytes = 0;
  let counted = Number.POSITIVE_INFINITY;
  return new TransformStream({
    start(controller) {
      const count = async (): Promise<void> => {
        for await (const line of lines(stderr, 1000)) {
          if (!/^\s*\d+$/.test(line)) continue;
          counted = Number(line);
          if (passedBytes >= counted) controller.terminate();
        }
      };
      // If the count is missing, the stream ends with the copier.
      count().catch(() => {});
    },
    transform(bytes, controller) {
      passedBytes += bytes.length;
      controller.enqueue(bytes);
      if (passedBytes >= counted) controller.terminate();
    },
  });
}
