import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cancellable, Mailbox, Message, MessageBus, Receipt } from '@cooperbench/core';
import type { Options } from './options.ts';

/** A seat's unread messages, and whether the seat still reads. */
interface Box {
  open: boolean;
  waiting: Message[];
}

/**
 * Carries messages in this process. Replace the lines marked "Broker" with calls of your broker. A seat's box exists from
 * `open` until all seats of its trial have closed, and each message is given once, unless it comes back.
 */
export function createBus({ pollMs = 20 }: Options): MessageBus {
  // Broker: a key or a queue for each trial and seat.
  const trials = new Map<string, Map<string, Box>>();
  return {
    // Runs before the first trial: connect, throw a ConfigError when the broker cannot be used, return lines to warn the user.
    async preflight() {
      return [];
    },
    async open(trial, seat, { signal } = {}) {
      signal?.throwIfAborted();
      const boxes = trials.get(trial) ?? new Map<string, Box>();
      trials.set(trial, boxes);
      const box: Box = { open: true, waiting: [] };
      boxes.set(seat, box);
      return mailbox(seat, box, boxes, pollMs, () => {
        if ([...boxes.values()].every(({ open }) => !open)) trials.delete(trial);
      });
    },
  };
}

function mailbox(
  seat: string,
  box: Box,
  boxes: ReadonlyMap<string, Box>,
  pollMs: number,
  onClose: () => void,
): Mailbox {
  const drain = async ({ signal }: Cancellable = {}): Promise<readonly Message[]> => {
    signal?.throwIfAborted();
    return box.waiting.splice(0);
  };
  return {
    drain,
    async send(to, text, { signal } = {}) {
      signal?.throwIfAborted();
      const message: Message = { id: randomUUID(), from: seat, to, text, sentAt: Date.now() / 1000 };
      const recipients = to === 'all' ? [...boxes.keys()].filter((one) => one !== seat) : [to];
      return recipients.map((one) => deliver(message, one, boxes.get(one)));
    },
    async receive({ waitMs, signal }) {
      const until = Date.now() + waitMs;
      // Broker: wait for its notification instead of polling.
      while (box.open && box.waiting.length === 0 && !signal?.aborted && Date.now() < until)
        await delay(Math.min(pollMs, until - Date.now()), undefined, { signal }).catch(() => {});
      return drain({ signal });
    },
    giveBack: (messages) => void box.waiting.unshift(...messages),
    async [Symbol.asyncDispose]() {
      box.open = false;
      onClose();
    },
  };
}

/** Broker: check that the box is open and put the message into it in one step. */
function deliver(message: Message, to: string, box: Box | undefined): Receipt {
  if (!box) return { id: message.id, to, accepted: false, reason: 'unknown' };
  if (!box.open) return { id: message.id, to, accepted: false, reason: 'finished' };
  box.waiting.push(message);
  return { id: message.id, to, accepted: true };
}
