import type { Mailbox, Message, Receipt } from '../../contracts/bus.ts';
import type { Cancellable } from '../../contracts/cancellable.ts';
import type { ChannelEvent } from '../../contracts/channel.ts';

/** A seat's mailbox that emits an event for each message, and takes back messages that could not be shown. */
export class SeatMailbox implements AsyncDisposable {
  readonly #seat: string;
  readonly #mailbox: Mailbox;
  readonly #emit: (event: ChannelEvent) => void;
  readonly #sending = new Set<Promise<unknown>>();
  #hasLeft = false;

  constructor(seat: string, mailbox: Mailbox, emit: (event: ChannelEvent) => void) {
    this.#seat = seat;
    this.#mailbox = mailbox;
    this.#emit = emit;
  }

  send(to: string, text: string): Promise<readonly Receipt[]> {
    const delivery = this.#send(to, text).finally(() => this.#sending.delete(delivery));
    this.#sending.add(delivery);
    return delivery;
  }

  async #send(to: string, text: string): Promise<readonly Receipt[]> {
    const receipts = await this.#mailbox.send(to, text);
    const accepted_by = receipts.filter(({ accepted }) => accepted).map((receipt) => receipt.to);
    const id = receipts[0]?.id ?? '';
    const isAccepted = accepted_by.length > 0;
    this.#emit({ type: 'message', id, from: this.#seat, to, text, accepted: isAccepted, accepted_by });
    return receipts;
  }

  /**
   * Removes and returns the first `count(messages)` waiting messages, oldest first, and says how many stay. They count as delivered
   * unless they are given back. Rejects after the seat has left: otherwise whoever waits for messages would ask again and again.
   */
  async take(
    wait?: { readonly waitMs: number } & Cancellable,
    count: (messages: readonly Message[]) => number = ({ length }) => length,
  ): Promise<{ readonly messages: readonly Message[]; readonly left: number }> {
    if (this.#hasLeft) throw new Error(`${this.#seat} has left`);
    const received =
      wait !== undefined && wait.waitMs > 0 ? await this.#mailbox.receive(wait) : await this.#mailbox.drain();
    const messages = received.slice(0, count(received));
    const rest = received.slice(messages.length);
    if (rest.length > 0) this.#mailbox.giveBack(rest);
    for (const { id } of messages) this.#emit({ type: 'message_delivered', id, seat: this.#seat });
    return { messages, left: rest.length };
  }

  giveBack(messages: readonly Message[]): void {
    this.#mailbox.giveBack(messages);
    for (const { id } of messages) this.#emit({ type: 'message_returned', id, seat: this.#seat });
  }

  /**
   * Closes the mailbox. Rejects when the bus has failed: the seat may have missed messages, or the bus may have lost one
   * that the seat sent. Waits for pending sends first, because an agent may have stopped waiting for a slow bus. Does not wait
   * for the closing: disposal does, and reports its failure, which costs the seat nothing.
   */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    try {
      await Promise.allSettled(this.#sending);
      await this.#mailbox.drain();
    } finally {
      this[Symbol.asyncDispose]().catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mailbox[Symbol.asyncDispose]();
  }
}
