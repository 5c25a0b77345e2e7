import { randomUUID } from 'node:crypto';
import { untilAborted } from '../async/until-aborted.ts';
import type { Mailbox, Message, Receipt } from '../contracts/bus.ts';
import type { Cancellable } from '../contracts/cancellable.ts';

/** The part of a mailbox that differs between buses. */
export interface TrialMailboxesOptions {
  /**
   * Stores a message elsewhere before it is delivered. `takers` are the seats that accept it. Calls come in the order of
   * sending, one at a time. When a call rejects, every mailbox of the trial fails.
   */
  readonly keep?: (message: Message, takers: readonly string[]) => Promise<void>;
  /** Called once, when every mailbox has closed. */
  readonly onClosed?: () => void;
}

interface Box {
  open: boolean;
  readonly unread: Message[];
  /** Each function wakes one pending `receive`. */
  readonly waiting: Set<() => void>;
}

/**
 * The mailboxes of one trial, in the memory of this process. One process opens and reads all seats of a trial, so any bus
 * can deliver through them. A bus that also stores messages does so in `keep`.
 */
export class TrialMailboxes {
  readonly #options: TrialMailboxesOptions;
  readonly #boxes = new Map<string, Box>();
  #sending: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(options: TrialMailboxesOptions = {}) {
    this.#options = options;
  }

  open(seat: string): Mailbox {
    const box: Box = { open: true, unread: [], waiting: new Set() };
    this.#boxes.set(seat, box);
    const drain = async ({ signal }: Cancellable = {}): Promise<readonly Message[]> => {
      signal?.throwIfAborted();
      this.#throwIfFailed();
      return box.unread.splice(0);
    };
    return {
      send: async (to, text, { signal } = {}) => {
        signal?.throwIfAborted();
        return untilAborted(this.#send(seat, to, text), signal);
      },
      drain,
      receive: async ({ waitMs, signal }) => {
        signal?.throwIfAborted();
        if (box.open && box.unread.length === 0 && !this.#failure) await wakeUp(box, waitMs, signal);
        return drain({ signal });
      },
      giveBack(messages) {
        box.unread.unshift(...messages);
        if (messages.length > 0) wake(box);
      },
      [Symbol.asyncDispose]: async () => this.#close(box),
    };
  }

  /** Rejects all pending and future calls with this error. The first error wins. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const box of this.#boxes.values()) wake(box);
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  #send(from: string, to: string, text: string): Promise<readonly Receipt[]> {
    const message = { id: randomUUID(), from, to, text, sentAt: Date.now() / 1000 };
    const delivery = this.#sending.then(() => this.#deliver(message));
    this.#sending = delivery.catch(() => {});
    return delivery;
  }

  async #deliver(message: Message): Promise<readonly Receipt[]> {
    this.#throwIfFailed();
    const { from, to } = message;
    const recipients = to === 'all' ? [...this.#boxes.keys()].filter((seat) => seat !== from) : [to];
    const receipts = recipients.map((seat) => this.#buildReceipt(message.id, seat));
    const takers = receipts.filter(({ accepted }) => accepted).map((receipt) => receipt.to);
    try {
      if (takers.length > 0) await this.#options.keep?.(message, takers);
    } catch (error) {
      this.fail(error);
    }
    this.#throwIfFailed();
    for (const taker of takers) {
      const box = this.#boxes.get(taker);
      box?.unread.push(message);
      if (box) wake(box);
    }
    return receipts;
  }

  #buildReceipt(id: string, to: string): Receipt {
    const box = this.#boxes.get(to);
    if (box?.open) return { id, to, accepted: true };
    return { id, to, accepted: false, reason: box ? 'finished' : 'unknown' };
  }

  #close(box: Box): void {
    if (!box.open) return;
    box.open = false;
    wake(box);
    if ([...this.#boxes.values()].every(({ open }) => !open)) this.#options.onClosed?.();
  }
}

function wake(box: Box): void {
  for (const resolve of box.waiting) resolve();
}

/** Resolves at the next wake-up, after `waitMs`, or when the signal aborts. */
function wakeUp(box: Box, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const release = (): void => {
      clearTimeout(timer);
      box.waiting.delete(release);
      signal?.removeEventListener('abort', release);
      resolve();
    };
    const timer = setTimeout(release, waitMs);
    box.waiting.add(release);
    signal?.addEventListener('abort', release, { once: true });
  });
}
