import type { SandboxError } from '@cooperbench/core';

/** Asks a provider regularly, while processes run, whether their sandbox is lost. */
export class Watch {
  readonly #checkLost: () => Promise<SandboxError | undefined>;
  readonly #everyMs: number;
  readonly #onLoss: (loss: SandboxError) => void;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    checkLost: () => Promise<SandboxError | undefined>,
    everyMs: number,
    onLoss: (loss: SandboxError) => void,
  ) {
    this.#checkLost = checkLost;
    this.#everyMs = everyMs;
    this.#onLoss = onLoss;
  }

  /** Keeps asking until `exitCode` settles. */
  during(exitCode: Promise<number>): void {
    this.#running += 1;
    if (this.#running === 1) this.#schedule();
    const onEnd = (): void => {
      this.#running -= 1;
      if (this.#running === 0) clearTimeout(this.#timer);
    };
    exitCode.then(onEnd, onEnd);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), this.#everyMs).unref();
  }

  async #look(): Promise<void> {
    // A failed call says nothing about the sandbox.
    const loss = await this.#checkLost().catch(() => undefined);
    if (loss) this.#onLoss(loss);
    else if (this.#running > 0) this.#schedule();
  }
}
