import type { WritableStreamDefaultWriter } from 'node:stream/web';
import {
  type AgentContext,
  AgentError,
  type ExecOptions,
  getMessage,
  lines,
  type SandboxProcess,
} from '@cooperbench/core';
import type { LimitGuard } from '../limits.ts';

export type StartOptions = Pick<ExecOptions, 'cwd' | 'env'>;

/** Maximum length of a line of output. Longer lines are cut. */
const maxLineChars = 4 << 20;

/** Returns the failure of a framework that leaves its work: the seat completes with this error, and its patch is judged. */
export function failedWork(reason: string): AgentError {
  return new AgentError('AGENT_FAILED', reason, { scope: 'work' });
}

/** A running program of a framework that reads and writes lines. */
export class Framework {
  /** The lines of its standard output. Read them to the end, or the program blocks. */
  readonly lines: AsyncIterable<string>;
  /** Aborts when the program has ended, or was lost. */
  readonly exited: AbortSignal;
  readonly #process: SandboxProcess;
  readonly #name: string;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #errors: Promise<string>;
  readonly #exit: Promise<number>;
  readonly #guard: LimitGuard;

  constructor(process: SandboxProcess, [file = '']: readonly string[], guard: LimitGuard) {
    this.#process = process;
    this.#name = file.replace(/^.*\//, '');
    this.#input = process.stdin.getWriter();
    this.#input.closed.catch(() => {});
    this.#guard = guard;
    this.lines = lines(countBytes(process.stdout, guard), maxLineChars);
    this.#errors = readTail(countBytes(process.stderr, guard));
    const exitController = new AbortController();
    this.exited = exitController.signal;
    this.#exit = process.wait();
    this.#exit.catch(() => {}).then(() => exitController.abort(new Error(`${this.#name} has ended`)));
  }

  /**
   * Reads the output to its end as lines of JSON objects, and records each as it is. A line that is not a JSON object, or for which `handle` throws,
   * goes to the log.
   */
  async readEvents<Event extends object>(
    { record }: Pick<AgentContext, 'record'>,
    handle: (event: Event) => void | Promise<void>,
  ): Promise<void> {
    for await (const line of this.lines) {
      this.#guard.count('events');
      record({ type: 'raw', line });
      try {
        const event: unknown = JSON.parse(line);
        if (typeof event !== 'object' || event === null) throw new TypeError('not an object');
        await handle(event as Event);
      } catch (error) {
        const text = `unreadable output of ${this.#name}: ${getMessage(error)}: ${line.slice(0, 200)}`;
        record({ type: 'log', text });
      }
    }
  }

  /** Writes a line. Does nothing when the program has ended. */
  async send(line: string): Promise<void> {
    await this.#input.write(Buffer.from(`${line}\n`)).catch(() => {});
  }

  async endInput(): Promise<void> {
    await this.#input.close().catch(() => {});
  }

  /**
   * Waits until the program has ended. `reported`: a failure that it has reported itself.
   * @throws the error of `failedWork` when it has failed.
   */
  async waitForEnd(reported?: string): Promise<void> {
    const reason = (await this.exitFailure()) ?? reported;
    if (reason !== undefined) throw failedWork(reason);
  }

  /** Waits until the program has ended. Resolves with the reason if it exited with another code than 0. */
  async exitFailure(): Promise<string | undefined> {
    const code = await this.#exit;
    if (code === 0) return undefined;
    const errorText = (await this.#errors).trim();
    return `${this.#name} exited with ${code}${errorText === '' ? '' : `: ${errorText}`}`;
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }
}

/** Ends the seat when the program prints too much. */
async function* countBytes(
  stream: AsyncIterable<Uint8Array>,
  guard: LimitGuard,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of stream) {
    guard.count('outputBytes', chunk.length);
    yield chunk;
  }
}

async function readTail(errors: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  try {
    for await (const chunk of errors) text = (text + Buffer.from(chunk).toString()).slice(-2000);
  } catch {
    // The program is lost. `wait` rejects with the reason.
  }
  return text;
}
