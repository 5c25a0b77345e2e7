import type { Cancellable } from './cancellable.ts';

/** Says whether one recipient takes a message. */
export interface Receipt {
  /** The message's id, the same for every recipient. */
  readonly id: string;
  readonly to: string;
  readonly accepted: boolean;
  /** Absent when accepted. `unknown`: nobody opened that seat. `finished`: its mailbox is closed. */
  readonly reason?: 'unknown' | 'finished';
}

export interface Message {
  /** Unique within the trial. Every recipient of one send sees the same id, and so do its receipts. */
  readonly id: string;
  readonly from: string;
  /** A seat, or `all`. */
  readonly to: string;
  readonly text: string;
  /** Unix seconds. */
  readonly sentAt: number;
}

/**
 * One seat's end of the bus. Disposing closes it: the bus then refuses messages to it as `finished`. Once a bus has lost
 * a message, or may have, every mailbox of that trial rejects every call: core ends those seats with the status `Error`.
 */
export interface Mailbox extends AsyncDisposable {
  /**
   * Resolves once the bus holds the message, with one receipt for each recipient. `all` addresses every other seat that
   * is open or was.
   */
  send(to: string, text: string): Promise<readonly Receipt[]>;
  /** Takes every message that is there, oldest first, without waiting. A message is given once. */
  drain(): Promise<readonly Message[]>;
  /** Like `drain`, but waits up to `waitMs` for a first message. Empty when none comes. */
  receive(options: { readonly waitMs: number } & Cancellable): Promise<readonly Message[]>;
}

/** Carries messages between the seats of a trial, and never between trials. */
export interface MessageBus extends Partial<AsyncDisposable> {
  /** Opens a seat's mailbox. Core opens all seats of a trial, in one process, before any agent starts. */
  open(trial: string, seat: string): Promise<Mailbox>;
  /**
   * Called before anything runs, perhaps more than once. Resolves with lines that the user should see.
   * @throws ConfigError when the bus cannot be used.
   */
  preflight?(request: Cancellable): Promise<readonly string[]>;
}
