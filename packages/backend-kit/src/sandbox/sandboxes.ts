import type { Sandbox } from '@cooperbench/core';
import { CooperBenchError, getMessage, Once, SandboxError } from '@cooperbench/core';
import type { SandboxDriver } from './driver.ts';
import { sandboxFrom } from './sandbox-from.ts';

/** The sandboxes of one backend. Disposing this disposes them all. What could not be ended is tried again every `retryMs`. */
export class Sandboxes implements AsyncDisposable {
  retryMs = 60_000;
  readonly #name: string;
  readonly #errorOf: (error: unknown, summary: string) => CooperBenchError;
  readonly #disposed = new AbortController();
  readonly #working = new Set<Promise<unknown>>();
  readonly #open = new Set<AsyncDisposable>();
  /** The part of `#open` that could not be ended. */
  readonly #left = new Set<AsyncDisposable>();
  #retry: NodeJS.Timeout | undefined;

  /** `name` is the backend's name in messages, such as `Docker`. `errorOf` explains errors that are not CooperBench's. */
  constructor(
    name: string,
    errorOf: (error: unknown, summary: string) => CooperBenchError = toRetryableError,
  ) {
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
    return this.run(`Could not make the sandbox ${name}`, signal, async (combinedSignal) => {
      const driver = await make(combinedSignal);
      if (combinedSignal.aborted) await this.discard(() => driver.terminate());
      combinedSignal.throwIfAborted();
      const markEnded = (error?: unknown): void => this.#note(sandbox, error);
      const sandbox = sandboxFrom(driver, markEnded);
      this.#open.add(sandbox);
      return sandbox;
    });
  }

  /** Ends what nobody waits for, such as a machine that did not start. Never rejects: what stays is tried again. */
  async discard(end: () => Promise<void>): Promise<void> {
    const ending = new Once(async () => {
      try {
        await end();
        this.#note(unwanted);
      } catch (error) {
        this.#note(unwanted, error);
        throw error;
      }
    });
    const unwanted: AsyncDisposable = { [Symbol.asyncDispose]: () => ending.get() };
    this.#open.add(unwanted);
    await ending.get().catch(() => {});
  }

  #note(thing: AsyncDisposable, error?: unknown): void {
    if (error !== undefined) this.#left.add(thing);
    else for (const set of [this.#open, this.#left]) set.delete(thing);
    if (this.#retry || this.#left.size === 0 || this.#disposed.signal.aborted) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void Promise.allSettled([...this.#left].map((sandbox) => sandbox[Symbol.asyncDispose]()));
    }, this.retryMs).unref();
  }

  /** Runs other work that disposal cancels and waits for. `what` begins the message of an error that is not CooperBench's. */
  async run<T>(
    summary: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const disposedSignal = this.#disposed.signal;
    const combinedSignal = signal ? AbortSignal.any([signal, disposedSignal]) : disposedSignal;
    combinedSignal.throwIfAborted();
    const pendingWork = work(combinedSignal).catch((error: unknown) => {
      combinedSignal.throwIfAborted();
      if (CooperBenchError.is(error)) throw error;
      throw this.#errorOf(error, summary);
    });
    this.#working.add(pendingWork);
    return pendingWork.finally(() => this.#working.delete(pendingWork));
  }

  /** @throws the first error of a sandbox that could not be terminated. Disposing again tries again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const disposedError = new SandboxError('SANDBOX_LOST', `The ${this.#name} backend was disposed.`);
    if (!this.#disposed.signal.aborted) this.#disposed.abort(disposedError);
    clearTimeout(this.#retry);
    const endAll = (sandboxes: Iterable<AsyncDisposable>) =>
      Promise.allSettled([...sandboxes].map((sandbox) => sandbox[Symbol.asyncDispose]()));
    // At once, because the process may end before what is being made is there.
    const openedBefore = new Set(this.#open);
    const [firstEnds] = await Promise.all([endAll(openedBefore), Promise.allSettled(this.#working)]);
    const outcomes = [
      ...firstEnds,
      ...(await endAll([...this.#open].filter((sandbox) => !openedBefore.has(sandbox)))),
    ];
    const failedOutcome = outcomes.find((end) => end.status === 'rejected');
    if (failedOutcome) throw failedOutcome.reason;
  }
}

function toRetryableError(cause: unknown, summary: string): SandboxError {
  return new SandboxError('SANDBOX_CREATE', `${summary}: ${getMessage(cause)}`, { retryable: true, cause });
}
