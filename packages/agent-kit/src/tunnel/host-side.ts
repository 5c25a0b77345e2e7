// This file has more than 250 lines, because it is one protocol, whose frames share the state of a connection.
import type { Duplex } from 'node:stream';
import type { WritableStreamDefaultWriter } from 'node:stream/web';
import {
  CommandError,
  type ExecOptions,
  getMessage,
  SandboxError,
  type SandboxProcess,
  SeatLimitError,
  settledWithin,
  withTimeout,
} from '@cooperbench/core';
import type { Forwarder } from './forwarders/start.ts';
import { encode, type Frame, FrameError, framesOf, kinds } from './frames.ts';
import { Program } from './program.ts';
import type { Tunnel } from './tunnel.ts';
import { TunnelMeter } from './tunnel-meter.ts';
import { TunnelStream } from './tunnel-stream.ts';

const startMs = 60_000;
const stopMs = 5_000;

/** The host's side of a tunnel. Nothing that the sandbox sends is trusted. */
export class HostSide implements Tunnel {
  readonly #process: SandboxProcess;
  readonly #repoDir: string;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #streams = new Map<number, TunnelStream>();
  readonly #programs = new Map<number, Program>();
  readonly #listeners = new Map<number, (connection: Duplex) => void>();
  /** Answers that the host waits for: the forwarder's hello (0), and those to `listen` and `connect`. */
  readonly #answers = new Map<number, PromiseWithResolvers<string>>();
  readonly #meter = new TunnelMeter();
  readonly #lost = new AbortController();
  readonly #reading: Promise<void>;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #hello: Promise<string>;
  #forwarder: string | undefined;
  #stderr = '';
  /** The host opens streams 2, 4, 6, …, and the sandbox 1, 3, 5, … Each id is used once. */
  #nextId = 2;
  #lastAccepted = -1;
  #over: SandboxError | SeatLimitError | undefined;
  #closing: Promise<void> | undefined;

  constructor(process: SandboxProcess, repoDir: string) {
    this.#process = process;
    this.#repoDir = repoDir;
    this.#input = process.stdin.getWriter();
    this.#input.closed.catch(() => {});
    this.#hello = this.#answer(0);
    void this.#readErrors();
    this.#reading = this.#read();
  }

  get forwarder(): Forwarder {
    return this.#forwarder as Forwarder;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Waits for the forwarder. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const createTimeoutError = (): Error => startError('no answer came from the sandbox');
    this.#forwarder = await withTimeout(startMs, () => this.#hello, createTimeoutError, signal);
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<SandboxProcess> {
    const { cwd = this.#repoDir, env = {}, signal } = options;
    signal?.throwIfAborted();
    this.#throwIfOver();
    const [main, errors] = [this.#stream(this.#takeId()), this.#stream(this.#takeId())];
    const kill = (): Promise<void> => this.#send(main.id, kinds.reset);
    const program = new Program(main, errors, kill, signal);
    this.#programs.set(main.id, program);
    const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    void this.#send(main.id, kinds.open, Buffer.from(['exec', cwd, ...pairs, '', ...argv].join('\0')));
    return program;
  }

  async listen(place: number | string, accept: (connection: Duplex) => void): Promise<number> {
    this.#throwIfOver();
    const id = this.#takeId();
    this.#listeners.set(id, accept);
    return Number(await this.#ask(id, 'listen', place));
  }

  async connect(port: number): Promise<Duplex> {
    this.#throwIfOver();
    const stream = this.#stream(this.#takeId());
    await this.#ask(stream.id, 'connect', port);
    return stream;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // When its input ends, the forwarder ends every program and reports it. It keeps running, so that `kill` ends the rest.
    const stopping = this.#input.close().then(() => Promise.race([this.#stopped.promise, this.#reading]));
    await settledWithin(stopMs, stopping);
    this.#end(createLostError('its owner has closed it'));
    await this.#process.kill();
  }

  #end(error: SandboxError | SeatLimitError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    for (const stream of [...this.#streams.values()]) stream.destroy(error);
    for (const answer of this.#answers.values()) answer.reject(error);
    for (const program of this.#programs.values()) program.onLost(error);
    if (!this.#closing) this.#lost.abort(error);
  }

  #throwIfOver(): void {
    if (this.#over !== undefined) throw this.#over;
  }

  #takeId(): number {
    const id = this.#nextId;
    this.#nextId += 2;
    return id;
  }

  #stream(id: number): TunnelStream {
    const stream = new TunnelStream(id, {
      send: (...frame) => this.#send(...frame),
      hold: (change) => this.#meter.holdBytes(change),
      forget: () => this.#streams.delete(id),
    });
    this.#streams.set(id, stream);
    return stream;
  }

  #answer(id: number): Promise<string> {
    const answer = Promise.withResolvers<string>();
    answer.promise.catch(() => {});
    this.#answers.set(id, answer);
    return answer.promise;
  }

  async #ask(id: number, verb: 'listen' | 'connect', place: number | string): Promise<string> {
    const answer = this.#answer(id);
    void this.#send(id, kinds.open, Buffer.from(`${verb}\0${place}`));
    try {
      return await answer;
    } catch (error) {
      if (error === this.#over) throw error;
      throw new CommandError(
        'TUNNEL_PORT',
        `Could not ${verb} on ${typeof place === 'number' ? `port ${place}` : place} of the sandbox: ${getMessage(error)}`,
      );
    }
  }

  /** Resolves when the sandbox can take more data, or is lost. */
  async #send(id: number, kind: number, body: Uint8Array = Buffer.alloc(0)): Promise<void> {
    if (this.#over !== undefined) return;
    try {
      const frame = encode(id, kind, body);
      await this.#meter.holdWhile(frame.length, () => this.#input.write(frame));
    } catch (error) {
      if (SeatLimitError.is(error)) this.#exceed(error);
    }
  }

  #exceed(error: SeatLimitError): void {
    this.#end(error);
    void this.#process.kill().catch(() => {});
  }

  async #read(): Promise<void> {
    let reason = 'the forwarder ended';
    let invalid = false;
    try {
      for await (const frame of framesOf(this.#process.stdout)) this.#receive(frame);
    } catch (error) {
      if (SeatLimitError.is(error)) return this.#exceed(error);
      invalid = error instanceof FrameError;
      reason = invalid ? `the sandbox sent ${getMessage(error)}` : getMessage(error);
    }
    if (this.#closing) return;
    const exit = this.#process.wait().catch((error: unknown) => error);
    const exitStatus = (await settledWithin(stopMs, exit)) ? await exit : 'still running';
    void this.#process.kill().catch(() => {});
    if (SandboxError.is(exitStatus)) return this.#end(exitStatus);
    const errorText = this.#stderr.trim();
    const detail = `${reason} (exit code ${exitStatus})${errorText === '' ? '' : `: ${errorText}`}`;
    if (this.#forwarder === undefined)
      this.#end(startError(exitStatus === 127 ? 'the sandbox has no program that can forward' : detail));
    // The forwarder does not end by itself.
    else if (invalid || typeof exitStatus === 'number') this.#end(createEndedWithinError(detail));
    else this.#end(createLostError(detail));
  }

  /** @throws FrameError when the frame is not one of the forwarder's; SeatLimitError when the sandbox sends too much. */
  #receive({ id, kind, body }: Frame): void {
    this.#meter.countFrame();
    if (kind === kinds.open || kind === kinds.reset) this.#meter.countConnection();
    if (kind === kinds.open) {
      this.#accept(id, Number(body));
      return;
    }
    const isKnown = id % 2 === 1 ? id <= this.#lastAccepted : id < this.#nextId;
    if (!isKnown) throw new FrameError(`a frame for the unknown stream ${id}`);
    // A stream that the host has closed may still get frames.
    const stream = this.#streams.get(id);
    if (kind === kinds.ready) this.#answers.get(id)?.resolve(body.toString());
    else if (kind === kinds.data) stream?.onData(body);
    else if (kind === kinds.credit) stream?.onCredit(body.length === 4 ? body.readUInt32BE() : 0);
    else if (kind === kinds.end) stream?.onEnd();
    else if (kind === kinds.exit && id === 0) this.#stopped.resolve();
    else if (kind === kinds.exit) {
      // While the tunnel closes, every program counts as lost, even if the forwarder reports its exit first.
      if (this.#closing) return;
      this.#programs.get(id)?.onExit(Number(body));
      this.#programs.delete(id);
    } else {
      const error = new Error(body.toString().slice(0, 500));
      this.#answers.get(id)?.reject(error);
      stream?.destroy(error);
    }
  }

  #accept(id: number, listener: number): void {
    const accept = this.#listeners.get(listener);
    if (accept === undefined || id % 2 === 0 || id <= this.#lastAccepted)
      throw new FrameError(`a connection ${id} to the unknown listener ${listener}`);
    this.#lastAccepted = id;
    this.#meter.checkOpen(this.#streams.size + 1);
    accept(this.#stream(id));
  }

  async #readErrors(): Promise<void> {
    try {
      for await (const chunk of this.#process.stderr)
        this.#stderr = (this.#stderr + Buffer.from(chunk).toString()).slice(-1000);
    } catch {
      // Standard output fails as well, and `#read` reports the reason.
    }
  }
}

function startError(reason: string): SandboxError {
  return new SandboxError('TUNNEL_START', `The tunnel into the sandbox did not start: ${reason}.`, {
    hint: "Add python3, perl or node to the task's image.",
  });
}

function createEndedWithinError(reason: string): SandboxError {
  return new SandboxError('TUNNEL_ENDED', `Code in the sandbox ended the tunnel: ${reason}`);
}

function createLostError(reason: string): SandboxError {
  return new SandboxError('TUNNEL_LOST', `The tunnel into the sandbox was lost: ${reason}`);
}
