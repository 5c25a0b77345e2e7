import type { ChannelEvent } from '@cooperbench/core';

/** An entry of conversation.json. */
export interface ConversationEntry {
  readonly from: string;
  readonly to: string;
  readonly message: string;
  /** Unix seconds. */
  readonly timestamp: number;
  /** The sender's feature. */
  readonly feature_id: number;
  /** Always false, as in the original: only sent messages are listed. */
  readonly received: false;
  /** Every seat that accepted the message has read it. */
  readonly delivered: boolean;
}

type MessageEvent = Extract<ChannelEvent, { readonly type: 'message' }>;

/** The accepted messages of one trial, in the order of sending, built from the events of its channels. */
export class Conversation {
  readonly #sent: { readonly event: MessageEvent; readonly timestamp: number }[] = [];
  /** `<message id> <seat>`. A bus may deliver before the sender has its receipts. */
  readonly #delivered = new Set<string>();

  /** Messages that a seat did not get because of a fault that the user asked for. */
  dropped = 0;

  /** `timestamp`: Unix seconds. */
  add(event: ChannelEvent, timestamp: number): void {
    if (event.type === 'message' && event.accepted) this.#sent.push({ event, timestamp });
    else if (event.type === 'message_delivered') this.#delivered.add(`${event.id} ${event.seat}`);
    else if (event.type === 'message_dropped') this.dropped += 1;
    else if (event.type === 'message_returned') this.#delivered.delete(`${event.id} ${event.seat}`);
  }

  get size(): number {
    return this.#sent.length;
  }

  entries(featureOf: (seat: string) => number): ConversationEntry[] {
    return this.#sent.map(({ event, timestamp }) => ({
      from: event.from,
      to: event.to,
      message: event.text,
      timestamp,
      feature_id: featureOf(event.from),
      received: false,
      delivered: event.accepted_by.every((seat) => this.#delivered.has(`${event.id} ${seat}`)),
    }));
  }
}
