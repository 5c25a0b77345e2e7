import { Buffer } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import { settledWithin } from '../async/deadline.ts';
import type { SeatAnswer, SeatCommand } from '../contracts/channel.ts';
import { getMessage, SandboxError, SeatLimitError } from '../contracts/errors.ts';
import { type SeatBounds, seatBounds } from '../contracts/seat-bounds.ts';
import type { SandboxProcess, Workspace } from '../contracts/workspace.ts';
import { lines } from '../sandbox/lines.ts';
import { answerHelp, limitAnswer } from './call-limits.ts';
import { RelayCall } from './relay-call.ts';
import { listRelayCommand, maxBytes } from './relay-program.ts';
import type { RunCommand } from './trial-channels.ts';

export interface RelayOptions {
  readonly seat: string;
  readonly workspace: Workspace;
  readonly commands: readonly SeatCommand[];
  readonly run: RunCommand;
  readonly onLost: (reason: string) => void;
  /** Called once, when the seat passed a limit. The relay has stopped. */
  readonly onLimit: (error: SeatLimitError) => void;
  readonly bounds?: Pick<SeatBounds, 'pendingCalls' | 'relayBytes' | 'relayLines'>;
}

/** How long an ending relay waits for callers to report that they have printed their answers. */
const lastWordMs = 300;
/** How long an ending relay waits for the calls that it aborts. */
const abortedCallsMs = 2000;
/** Maximum wait for the relay's output to end. */
const lastLineMs = 5_000;
const maxRestarts = 5;
const maxLineChars = 2 * maxBytes;
const keptStderr = 2000;

/** Keeps one relay process running in a seat's sandbox. It passes calls of the channels' commands to the host. */
export class Relay implements AsyncDisposable {
  readonly #options: RelayOptions;
  readonly #stop = new AbortController();
  readonly #calls = new Map<string, RelayCall>();
  readonly #streaming = new Set<RelayCall>();
  readonly #running = new Set<Promise<void>>();
  #process: SandboxProcess | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #folder = '';
  #bin = '';
  #loop: Promise<void> = Promise.resolve();
  readonly #bounds: NonNullable<RelayOptions['bounds']>;
  #printedBytes = 0;
  #printedLines = 0;

  private constructor(options: RelayOptions) {
    this.#options = options;
    this.#bounds = options.bounds ?? seatBounds;
  }

  /** Resolves once the commands are on PATH. @throws SandboxError `RELAY_FAILED` when they cannot be. */
  static async start(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    const requests = await relay.#launch();
    relay.#loop = relay.#keepRunning(requests).catch(() => {});
    return relay;
  }

  /** Returns the absolute path of a command in the sandbox. */
  executable(name: string): string {
    const isHidden = this.#options.commands.some((command) => command.name === name && command.hidden);
    return isHidden ? `${this.#folder}/bin/${name}` : `${this.#bin}/${name}`;
  }

  async #launch(): Promise<AsyncGenerator<string>> {
    const { workspace, seat, commands } = this.#options;
    const listNames = (isHidden: boolean): string[] =>
      commands.filter((command) => (command.hidden ?? false) === isHidden).map(({ name }) => name);
    const argv = listRelayCommand(this.#folder, listNames(false), listNames(true));
    const process = await workspace.exec(argv, { signal: this.#stop.signal });
    process.wait().catch(() => {});
    const stderr = readLastCharacters(process.stderr, keptStderr);
    const requests = lines(this.#countBytes(process.stdout), maxLineChars);
    const [ready, folder, bin] = String((await requests.next()).value).split(' ');
    if (ready !== 'ready' || folder === undefined || bin === undefined) {
      await process.kill();
      throw new SandboxError(
        'RELAY_FAILED',
        `The relay of ${seat} did not start: ${(await stderr).trim() || 'it printed nothing'}`,
      );
    }
    this.#folder = folder;
    this.#bin = bin;
    this.#process = process;
    this.#writer = process.stdin.getWriter();
    this.#writer.closed.catch(() => {});
    return requests;
  }

  async #keepRunning(first: AsyncGenerator<string>): Promise<void> {
    let requests = first;
    for (let restarts = 0; ; restarts += 1) {
      try {
        for await (const line of requests) {
          this.#printedLines += 1;
          this.#count('relayLines', this.#printedLines, 'lines that the relay prints');
          this.#accept(line);
        }
      } catch (error) {
        if (SeatLimitError.is(error)) return this.#exceed(error);
        // The sandbox or the relay broke the stream. A new relay is the remedy for both.
      }
      for (const call of this.#calls.values()) call.gone();
      if (this.#stop.signal.aborted) return;
      if (restarts === maxRestarts) return this.#options.onLost(`the relay ended ${maxRestarts + 1} times`);
      try {
        await delay(20 * 2 ** restarts, undefined, { signal: this.#stop.signal });
        requests = await this.#launch();
      } catch (error) {
        if (SeatLimitError.is(error)) return this.#exceed(error);
        if (!this.#stop.signal.aborted) this.#options.onLost(getMessage(error));
        return;
      }
    }
  }

  async *#countBytes(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of stream) {
      this.#printedBytes += bytes.length;
      this.#count('relayBytes', this.#printedBytes, 'bytes that the relay prints');
      yield bytes;
    }
  }

  /** @throws SeatLimitError. */
  #count(limit: keyof NonNullable<RelayOptions['bounds']>, count: number, subject: string): void {
    if (count > this.#bounds[limit]) throw new SeatLimitError(limit, `${this.#bounds[limit]} ${subject}`);
  }

  #exceed(error: SeatLimitError): void {
    this.#stop.abort(error);
    for (const call of this.#calls.values()) call.gone();
    this.#process?.kill().catch(() => {});
    this.#options.onLimit(error);
  }

  /** Handles a line from the sandbox, which hostile code may have written. @throws SeatLimitError. */
  #accept(line: string): void {
    const [id = '', kind = '', field = '='] = line.split(' ');
    if (!/^req\.[A-Za-z0-9]{1,32}$/.test(id)) return;
    const relayCall = this.#calls.get(id);
    if (relayCall) relayCall.take(kind, decode(field));
    else this.#begin(id, kind, field);
  }

  #begin(id: string, name: string, field: string): void {
    const command = this.#options.commands.find((candidate) => candidate.name === name);
    if (!command || this.#stop.signal.aborted) return;
    this.#count('pendingCalls', this.#calls.size + 1, 'calls that wait for their answer');
    const call = new RelayCall({
      id,
      seat: this.#options.seat,
      command: command.name,
      args: decode(field).toString('utf8').split('\0').slice(0, -1),
      folder: `${this.#folder}/${id}`,
      workspace: this.#options.workspace,
      stop: this.#stop.signal,
      streaming: this.#streaming,
      send: (words) => this.#send(id, words),
    });
    this.#calls.set(id, call);
    const serving = this.#serve(command, call)
      .catch(() => this.#send(id, '70 = ='))
      .finally(() => {
        this.#calls.delete(id);
        this.#running.delete(serving);
      });
    this.#running.add(serving);
  }

  async #serve(command: SeatCommand, call: RelayCall): Promise<void> {
    const seatAnswer = limitAnswer(command, await this.#answerTo(command, call));
    const { exitCode = 0, stdout = '', stderr = '' } = seatAnswer;
    await this.#send(call.id, `${exitCode} =${encode(stdout)} =${encode(stderr)}`);
    seatAnswer.settled?.(await call.waitForPrinted());
  }

  async #answerTo(command: SeatCommand, call: RelayCall): Promise<SeatAnswer> {
    try {
      await using _streams = call;
      return answerHelp(command, call.args) ?? (await this.#options.run(call));
    } catch (error) {
      return { exitCode: 1, stderr: `${command.name}: ${getMessage(error)}\n` };
    }
  }

  async #send(id: string, words: string): Promise<void> {
    // If the relay has just died, this line is lost. The next relay tells the caller that the connection was lost.
    await this.#writer?.write(Buffer.from(`${id} ${words}\n`)).catch(() => {});
  }

  /**
   * Ends the relay and its calls. What channels accepted before, such as messages, stays valid. Its caller limits the time: a
   * paused container does not answer, and a fork bomb takes minutes to end.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await settledWithin(lastWordMs, ...[...this.#calls.values()].map((call) => call.waitForSettled()));
    this.#stop.abort(new Error('the seat has finished'));
    await settledWithin(abortedCallsMs, ...this.#running);
    await this.#process?.kill();
    await settledWithin(lastLineMs, this.#loop);
  }
}

async function readLastCharacters(stream: AsyncIterable<Uint8Array>, count: number): Promise<string> {
  let keptText = '';
  try {
    for await (const bytes of stream) keptText = `${keptText}${Buffer.from(bytes)}`.slice(-count);
  } catch {
    // The stream of the relay's output says the same.
  }
  return keptText;
}

function decode(field: string): Buffer {
  return Buffer.from(field.slice(1), 'base64');
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
