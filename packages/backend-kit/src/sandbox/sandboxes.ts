import type { Sandbox } from '@cooperbench/core';
import { CooperBenchError, messageOf, SandboxError } from '@cooperbench/core';
import type { SandboxDriver } from './driver.ts';
import { sandboxFrom } from './sandbox-from.ts';

/** The sandboxes of one backend. Disposing this disposes them all. */
export class Sandboxes implements AsyncDisposable {
  readonly #name: string;
  readonly #errorOf: (error: unknown, what: string) => CooperBenchError;
  readonly #disposed = new AbortController();
  readonly #working = new Set<Promise<unknown>>();
  readonly #open = new Set<Sandbox>();

  /** `name` is the backend's name in messages, such as `Docker`. `errorOf` explains errors that are not CooperBench's. */
  constructor(name: string, errorOf: (error: unknown, what: string) => CooperBenchError = retryableErrorOf) {
    this.#name = name;
    this.#errorOf = errorOf;
  }

  /**
   * Creates a sandbox from the driver that `make` resolves with. An abort reaches `make` through its signal. `create` waits for
   * `make` anyway and terminates its driver. @throws SandboxError `SANDBOX_CREATE` for errors that are not CooperBench's.
   */
  create(
    name: string,
    signal: AbortSignal | undefined,
    make: (signal: AbortSignal) => Promise<SandboxDriver>,
  ): Promise<Sandbox> {
    return this.run(`Could not make the sandbox ${name}`, signal, async (either) => {
      const driver = await make(either);
      if (either.aborted) await driver.terminate();
      either.throwIfAborted();
      const sandbox = sandboxFrom(driver, () => this.#open.delete(sandbox));
      this.#open.add(sandbox);
      return sandbox;
    });
  }

  /** Runs other work that disposal cancels and waits for. `what` begins the message of an error that is not CooperBench's. */
  async run<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const disposed = this.#disposed.signal;
    const either = signal ? AbortSignal.any([signal, disposed]) : disposed;
    either.throwIfAborted();
    const working = work(either).catch((error: unknown) => {
      either.throwIfAborted();
      if (CooperBenchError.is(error)) throw error;
      throw this.#errorOf(error, what);
    });
    this.#working.add(working);
    return working.finally(() => this.#working.delete(working));
  }

  /** @throws the first error of a sandbox that could not be terminated. Disposing again tries again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new SandboxError('SANDBOX_LOST', `The ${this.#name} backend was disposed.`);
    if (!this.#disposed.signal.aborted) this.#disposed.abort(gone);
    await Promise.allSettled(this.#working);
    const ends = await Promise.allSettled([...this.#open].map((sandbox) => sandbox[Symbol.asyncDispose]()));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

function retryableErrorOf(cause: unknown, what: string): SandboxError {
  return new SandboxError('SANDBOX_CREATE', `${what}: ${messageOf(cause)}`, { retryable: true, cause });
}
