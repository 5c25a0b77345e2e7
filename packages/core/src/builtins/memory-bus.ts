import { randomUUID } from 'node:crypto';
import type { Mailbox, Message, MessageBus, Receipt } from '../contracts/bus.ts';

/** Mailboxes in this process: nothing to install, nothing kept. */
export function memoryBus(): MessageBus {
  const trials = new Map<string, Map<string, MemoryMailbox>>();
  return {
    async open(trial, seat) {
      const seats = trials.get(trial) ?? new Map<string, MemoryMailbox>();
      trials.set(trial, seats);
      const mailbox = new MemoryMailbox(seat, seats, () => {
        if ([...seats.values()].every((other) => other.closed)) trials.delete(trial);
      });
      seats.set(seat, mailbox);
      return mailbox;
    },
  };
}

class MemoryMailbox implements Mailbox {
  closed = false;
  readonly #seat: string;
  readonly #seats: ReadonlyMap<string, MemoryMailbox>;
  readonly #onClose: () => void;
  #waiting: Message[] = [];
  #wake: () => void = () => {};

  constructor(seat: string, seats: ReadonlyMap<string, MemoryMailbox>, onClose: () => void) {
    this.#seat = seat;
    this.#seats = seats;
    this.#onClose = onClose;
  }

  async send(to: string, text: string): Promise<readonly Receipt[]> {
    const message: Message = { id: randomUUID(), from: this.#seat, to, text, sentAt: Date.now() / 1000 };
    const recipients = to === 'all' ? [...this.#seats.keys()].filter((seat) => seat !== this.#seat) : [to];
    return recipients.map((recipient): Receipt => {
      const mailbox = this.#seats.get(recipient);
      if (!mailbox) return { id: message.id, to: recipient, accepted: false, reason: 'unknown' };
      if (mailbox.closed) return { id: message.id, to: recipient, accepted: false, reason: 'finished' };
      mailbox.#waiting.push(message);
      mailbox.#wake();
      return { id: message.id, to: recipient, accepted: true };
    });
  }

  async drain(): Promise<readonly Message[]> {
    const messages = this.#waiting;
    this.#waiting = [];
    return messages;
  }

  async receive({
    waitMs,
    signal,
  }: {
    waitMs: number;
    signal?: AbortSignal | undefined;
  }): Promise<readonly Message[]> {
    signal?.throwIfAborted();
    if (this.#waiting.length === 0 && !this.closed) await this.#arrival(waitMs, signal);
    signal?.throwIfAborted();
    return this.drain();
  }

  #arrival(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const previous = this.#wake;
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        previous();
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal?.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    this.#wake();
    this.#onClose();
  }
}
