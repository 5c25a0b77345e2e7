import { Duplex } from 'node:stream';
import { FrameError, kinds, windowBytes } from './frames.ts';

/** The part of a tunnel that its streams use. */
export interface StreamTunnel {
  /** Sends a frame. Resolves when the sandbox has room for more, and never rejects. */
  send(id: number, kind: number, body?: Uint8Array): Promise<void>;
  /** Receives the change of the bytes that wait for the reader, and may throw. */
  hold(change: number): void;
  /** The stream is closed. */
  forget(id: number): void;
}

const chunkBytes = 64 * 1024;

/**
 * One connection, or the standard streams of one program. Each direction has a window, so a slow reader blocks no other
 * stream.
 */
export class TunnelStream extends Duplex {
  readonly id: number;
  readonly #tunnel: StreamTunnel;
  /** Bytes that the host may still send. */
  #credit = windowBytes;
  /** Bytes that the sandbox may still send. */
  #allowed = windowBytes;
  /** Bytes that were read and not granted again yet. */
  #owed = 0;
  /** Bytes that were received since the last read. */
  #held = 0;
  #waiting: { rest: Buffer; done: (error?: Error | null) => void } | undefined;
  #ended = false;
  #deaf = false;
  #finished = false;
  /** Bytes received so far. */
  received = 0;

  constructor(id: number, tunnel: StreamTunnel) {
    super({ highWaterMark: chunkBytes });
    this.id = id;
    this.#tunnel = tunnel;
    // A lost tunnel destroys streams with an error, and some streams have no other listener.
    this.on('error', () => {});
  }

  /** Returns whether the sandbox has no credit left to send more. */
  get starved(): boolean {
    return this.#allowed === 0;
  }

  /** Handles data from the sandbox. @throws FrameError when the sandbox sends more than it may. */
  onData(body: Buffer): void {
    this.#allowed -= body.length;
    if (this.#allowed < 0) throw new FrameError('more data than its window allows');
    this.received += body.length;
    if (this.#ended || this.destroyed) return;
    this.#held += body.length;
    this.#tunnel.hold(body.length);
    if (this.push(body)) this.#grant();
  }

  onCredit(count: number): void {
    this.#credit = Math.min(windowBytes, this.#credit + count);
    this.#flush();
  }

  onEnd(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(null);
  }

  /** Drops everything that is written from now on, because nobody reads it. Writers do not block. */
  onDeaf(): void {
    this.#deaf = true;
    this.#waiting?.done();
    this.#waiting = undefined;
    this.end();
  }

  override _read(): void {
    this.#grant();
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    if (this.#deaf) {
      callback();
      return;
    }
    this.#waiting = { rest: chunk, done: callback };
    this.#flush();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#finished = true;
    void this.#tunnel.send(this.id, kinds.end);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // At once: one read from the sandbox may close this stream and open many others.
    this.#tunnel.forget(this.id);
    this.#release();
    if (!this.#ended || !this.#finished) void this.#tunnel.send(this.id, kinds.reset);
    this.#waiting?.done(error);
    this.#waiting = undefined;
    callback(error);
  }

  /** Allows the sandbox to send as many bytes as were read. Collects grants, to send few frames. */
  #grant(): void {
    this.#release();
    if (this.#owed < windowBytes / 4 || this.#ended) return;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(this.#owed);
    this.#allowed += this.#owed;
    this.#owed = 0;
    void this.#tunnel.send(this.id, kinds.credit, count);
  }

  /** The reader has taken what was held. */
  #release(): void {
    this.#owed += this.#held;
    this.#tunnel.hold(-this.#held);
    this.#held = 0;
  }

  #flush(): void {
    const { rest, done } = this.#waiting ?? {};
    if (rest === undefined || done === undefined) return;
    const writes: Promise<void>[] = [];
    let offset = 0;
    while (offset < rest.length && this.#credit > 0) {
      const part = rest.subarray(offset, offset + Math.min(chunkBytes, this.#credit));
      writes.push(this.#tunnel.send(this.id, kinds.data, part));
      this.#credit -= part.length;
      offset += part.length;
    }
    this.#waiting = offset < rest.length ? { rest: rest.subarray(offset), done } : undefined;
    if (this.#waiting === undefined) void Promise.all(writes).then(() => done(), done);
  }

  // Methods that node:http calls on a socket.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
