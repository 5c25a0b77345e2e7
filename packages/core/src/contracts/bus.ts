import type { Cancellable } from './cancellable.ts';

/** Says whether a recipient accepted a message. */
export interface Receipt {
  /** The message's id, the same for every recipient. */
  readonly id: string;
  readonly to: string;
  readonly accepted: boolean;
  /** It is absent if the message was accepted. `unknown`: the trial has no such seat. `finished`: the seat's mailbox is closed. */
  readonly reason?: 'unknown' | 'finished';
}

/** A message between seats of one trial. */
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
 * A seat's connection to the bus. Disposing closes it, and the bus then refuses messages to it as `finished`. Once a bus
 * has lost a message, or may have lost one, every mailbox of that trial rejects every call. Core then ends those seats
 * with the status `Error`. A call whose signal has aborted rejects with the signal's reason. It sends and removes nothing if the
 * signal aborted before the call; a message that is on its way may still arrive.
 */
export interface Mailbox extends AsyncDisposable {
  /**
   * Resolves once the bus holds the message, with one receipt for each recipient. `all` addresses every other seat that
   * is open or was.
   */
  send(to: string, text: string, options?: Cancellable): Promise<readonly Receipt[]>;
  /** Removes and returns all waiting messages, oldest first. Does not wait. */
  drain(options?: Cancellable): Promise<readonly Message[]>;
  /** Like `drain`, but waits up to `waitMs` for a first message. Resolves with an empty list when none arrives. */
  receive(options: { readonly waitMs: number } & Cancellable): Promise<readonly Message[]>;
  /**
   * Puts back messages, oldest first, that could not be shown. The next call returns them before all others, and a `receive` that
   * waits returns them at once.
   */
  giveBack(messages: readonly Message[]): void;
}

/** Carries messages between the seats of a trial, and never between trials. */
export interface MessageBus extends Partial<AsyncDisposable> {
  /** Opens a seat's mailbox. Core opens all seats of a trial, in one process, before any agent starts. */
  open(trial: string, seat: string, options?: Cancellable): Promise<Mailbox>;
  /** Records that a phase of a trial begins, for whoever watches the run. Optional. A failure is only a notice. */
  beginPhase?(trial: string, phase: string, options?: Cancellable): Promise<void>;
  /**
   * Checks the bus before the run starts. Changes nothing. Core may call it more than once. Resolves with notices for the user.
   * @throws ConfigError when the bus cannot be used.
   */
  preflight?(request: Cancellable): Promise<readonly string[]>;
}
