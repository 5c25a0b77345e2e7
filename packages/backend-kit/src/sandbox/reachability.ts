import { SandboxError } from '@cooperbench/core';

/** In all, before a time limit that passed says nothing any more. */
const longMs = 30_000;

/** When a sandbox could not be reached. Times are those of `performance.now()`. */
export class Reachability {
  #cutAt: number | undefined;
  readonly #cuts: { readonly from: number; readonly to: number }[] = [];

  /** The connection is broken. `at`: when something was last heard. */
  cut(timeMs: number = performance.now()): void {
    this.#cutAt ??= timeMs;
  }

  /** Something was heard. */
  heard(): void {
    if (this.#cutAt !== undefined) this.#cuts.push({ from: this.#cutAt, to: performance.now() });
    this.#cutAt = undefined;
  }

  /** Same as in `Sandbox`. */
  async interruption(sinceMs: number): Promise<SandboxError | undefined> {
    const lostMs = this.#cuts.reduce(
      (sum, { from, to }) => sum + Math.max(0, to - Math.max(from, sinceMs)),
      0,
    );
    if (this.#cutAt === undefined && lostMs < longMs) return undefined;
    const message =
      this.#cutAt === undefined
        ? `The sandbox could not be reached for ${Math.round(lostMs / 1000)} s.`
        : 'The sandbox cannot be reached.';
    const hint = 'Check the network, then repeat the command: it runs again what was cut off.';
    return new SandboxError('SANDBOX_UNREACHABLE', message, { retryable: true, fromOutside: true, hint });
  }
}
