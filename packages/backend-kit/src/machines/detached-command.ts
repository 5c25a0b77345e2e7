// This file has more than 250 lines, because it is one command, whose parts share the state of its connection.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ReadableStream, WritableStream } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { bufferedInput, type StartedProcess, shellCommand } from '../index.ts';
import { readFrames } from './frames.ts';

const script = readFileSync(new URL('../../src/machines/detached-command.sh', import.meta.url), 'utf8');
/** Bytes of input in one piece. */
const maxPiece = 1024 * 1024;
/** Bytes of input that the command may not have taken yet. */
const maxInput = 4 * 1024 * 1024;
/** Bytes of an output after which its reader says how much it has taken. */
const reportEvery = 256 * 1024;

/** How a command reaches its machine. */
export interface Connections {
  /** Starts a line with a shell. With `beforeRetry`, tries again for `outageMs`. */
  open(line: string, beforeRetry?: () => Promise<void>): Promise<ClientChannel>;
  /** How long the machine may not be reached. */
  readonly outageMs: number;
}

/**
 * Starts a line on a machine that goes on, and can be followed further, when the connection to the machine breaks. It never runs
 * twice. `exitCode` rejects when a signal ended the shell, and when the machine cannot be reached for too long. Without
 * `beforeRetry`, which rejects when another attempt is useless, a connection that breaks loses the command.
 */
export async function startDetached(
  line: string,
  connections: Connections,
  beforeRetry?: () => Promise<void>,
): Promise<StartedProcess> {
  const command = new DetachedCommand(line, connections, beforeRetry);
  await command.started;
  return command.process;
}

class DetachedCommand {
  readonly started: Promise<void>;
  readonly process: StartedProcess;
  readonly #connections: Connections;
  readonly #folder = `cooperbench-${randomUUID()}`;
  readonly #program: Buffer;
  readonly #begun = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<number>();
  readonly #outputs = { out: new Output(() => this.#report()), err: new Output(() => this.#report()) };
  readonly #input = new Input((piece) => this.#send(piece));
  readonly #beforeRetry: (() => Promise<void>) | undefined;
  /** It is undefined if the connection has broken. */
  #channel: ClientChannel | undefined;
  #hasBegun = false;

  constructor(line: string, connections: Connections, beforeRetry: (() => Promise<void>) | undefined) {
    this.#connections = connections;
    this.#beforeRetry = beforeRetry;
    // Without an exit code in the file, a signal ended the shell.
    this.#program = Buffer.from(`(\n${line}\n)\necho $? > "$1/new-code" && mv "$1/new-code" "$1/code"\n`);
    const exitCode = this.#exit.promise;
    exitCode.catch(() => {});
    this.started = this.#begun.promise;
    const { out, err } = this.#outputs;
    this.process = {
      stdin: bufferedInput(this.#input.stream, exitCode),
      stdout: out.stream,
      stderr: err.stream,
      exitCode,
      release() {
        for (const output of [out, err]) output.discard();
      },
    };
    void this.#follow().catch((error: unknown) => {
      this.#begun.reject(error);
      this.#exit.reject(error);
      for (const output of [out, err]) output.fail(error);
      this.#input.fail(error);
      this.#channel?.close();
    });
  }

  async #follow(): Promise<void> {
    let untilMs = Number.POSITIVE_INFINITY;
    for (;;) {
      const { out, err } = this.#outputs;
      const subcommand = this.#hasBegun ? 'resume' : 'start';
      const argv = ['sh', '-c', script, 'sh', this.#folder, subcommand, `${out.received}`, `${err.received}`];
      const channel = await this.#connections.open(`exec ${shellCommand(argv)}`, this.#beforeRetry);
      const ending = new Ending(channel);
      this.#channel = channel;
      if (subcommand === 'start')
        channel.write(Buffer.concat([buildText(`run ${this.#program.length}\n`), this.#program]));
      else this.#input.sendAgain();
      for await (const [word, number, bytes] of readFrames(readUntilClosed(channel))) {
        if (word === 'here') {
          this.#onBegun();
          untilMs = Number.POSITIVE_INFINITY;
        } else if (word === 'in') this.#input.onTaken(number);
        else if (word === 'out' || word === 'err') this.#outputs[word].add(bytes);
        else if (word === 'exit') this.#exit.resolve(number);
        else if (word === 'lost') throw new Error('the shell on the machine was ended by a signal');
        else if (word === 'end') {
          for (const output of [out, err]) output.end();
          channel.end(buildText('bye\n'));
          channel.resume();
          return;
        }
      }
      this.#channel = undefined;
      ending.check();
      if (!this.#beforeRetry) throw new Error('the SSH connection closed');
      untilMs = Math.min(untilMs, performance.now() + this.#connections.outageMs);
      await this.#beforeRetry();
      if (performance.now() >= untilMs) throw new Error('the SSH connection closed');
      await delay(Math.min(1000, this.#connections.outageMs / 10));
    }
  }

  #onBegun(): void {
    this.#hasBegun = true;
    this.#begun.resolve();
    this.#report();
  }

  #send(bytes: Buffer): void {
    if (this.#hasBegun) this.#channel?.write(bytes);
  }

  /** Says how much of the outputs has been taken, so that the machine keeps no more of it. */
  #report(): void {
    for (const [name, output] of Object.entries(this.#outputs))
      this.#send(buildText(`${name} ${output.taken}\n`));
  }
}

/** How a channel ends: with an exit code or a signal of its shell, or with its connection. */
class Ending {
  #isCut = true;
  #said = '';

  constructor(channel: ClientChannel) {
    channel.stderr.on('data', (bytes: Buffer) => {
      this.#said = `${this.#said}${bytes}`.slice(-1000);
    });
    channel.once('exit', () => {
      this.#isCut = false;
    });
    // It is written to when it has broken, too.
    channel.on('error', () => {});
  }

  /** @throws what the shell said, unless the connection broke. */
  check(): void {
    if (!this.#isCut) throw new Error(`the machine did not run the command: ${this.#said.trim()}`);
  }
}

/** The output of a command, for a reader who may be slower. */
class Output {
  readonly stream: ReadableStream<Uint8Array>;
  received = 0;
  taken = 0;
  readonly #report: () => void;
  readonly #waiting: Uint8Array[] = [];
  #reported = 0;
  #isDiscarded = false;
  #over: (() => void) | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(report: () => void) {
    this.#report = report;
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          while (this.#waiting.length === 0 && !this.#over) await this.#wake.promise;
          const bytes = this.#waiting.shift();
          if (bytes === undefined) return this.#over?.();
          this.#take(bytes.byteLength);
          controller.enqueue(bytes);
        },
        start: (controller) => {
          this.#close = () => controller.close();
          this.#error = (error) => controller.error(error);
        },
        cancel: () => this.discard(),
      },
      { highWaterMark: 0 },
    );
  }

  #close: () => void = () => {};
  #error: (error: unknown) => void = () => {};

  add(bytes: Uint8Array): void {
    this.received += bytes.byteLength;
    if (this.#isDiscarded) this.#take(bytes.byteLength);
    else {
      this.#waiting.push(bytes);
      this.#awake();
    }
  }

  end(): void {
    this.#finish(this.#close);
  }

  fail(error: unknown): void {
    this.#finish(() => this.#error(error));
  }

  /** Nobody reads it any more. */
  discard(): void {
    this.#isDiscarded = true;
    this.#take(this.#waiting.splice(0).reduce((sum, { byteLength }) => sum + byteLength, 0));
  }

  #finish(stopWaiting: () => void): void {
    this.#over ??= stopWaiting;
    this.#awake();
  }

  #take(size: number): void {
    this.taken += size;
    if (this.taken - this.#reported < reportEvery) return;
    this.#reported = this.taken;
    this.#report();
  }

  #awake(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

/** The input of a command. Keeps what the command has not read, to send it again. */
class Input {
  readonly stream: WritableStream<Uint8Array>;
  readonly #send: (bytes: Buffer) => void;
  #pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #end = 0;
  #taken = 0;
  #isClosed = false;
  #failed: { readonly error: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
    const close = (): void => {
      this.#isClosed = true;
      this.#send(buildText(`eof ${this.#end}\n`));
    };
    this.stream = new WritableStream<Uint8Array>({
      write: async (bytes) => {
        for (let from = 0; from < bytes.byteLength; from += maxPiece) {
          const piece = { at: this.#end, bytes: bytes.subarray(from, from + maxPiece) };
          this.#pieces.push(piece);
          this.#end += piece.bytes.byteLength;
          this.#sendPiece(piece);
        }
        while (this.#end - this.#taken > maxInput && !this.#failed) await this.#wake.promise;
        if (this.#failed) throw this.#failed.error;
      },
      close,
      abort: close,
    });
  }

  sendAgain(): void {
    for (const piece of this.#pieces) this.#sendPiece(piece);
    if (this.#isClosed) this.#send(buildText(`eof ${this.#end}\n`));
  }

  onTaken(takenBytes: number): void {
    this.#taken = takenBytes;
    this.#pieces = this.#pieces.filter(({ at, bytes }) => at + bytes.byteLength > takenBytes);
    this.#awake();
  }

  fail(error: unknown): void {
    this.#failed ??= { error };
    this.#awake();
  }

  #sendPiece({ at, bytes }: { readonly at: number; readonly bytes: Uint8Array }): void {
    this.#send(Buffer.concat([buildText(`in ${at} ${bytes.byteLength}\n`), bytes]));
  }

  #awake(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

/** Reads a channel until it closes or its connection breaks. */
async function* readUntilClosed(channel: ClientChannel): AsyncGenerator<Buffer> {
  try {
    yield* channel.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch {
    // The connection broke.
  }
}

function buildText(line: string): Buffer {
  return Buffer.from(line);
}
