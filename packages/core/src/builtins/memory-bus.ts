import { TrialMailboxes } from '../collaboration/trial-mailboxes.ts';
import type { MessageBus } from '../contracts/bus.ts';

/** Carries messages within this process. Needs no installation and stores nothing. */
export function createMemoryBus(): MessageBus {
  const trials = new Map<string, TrialMailboxes>();
  return {
    async open(trial, seat, { signal } = {}) {
      signal?.throwIfAborted();
      const mailboxes = trials.get(trial) ?? new TrialMailboxes({ onClosed: () => trials.delete(trial) });
      trials.set(trial, mailboxes);
      return mailboxes.open(seat);
    },
  };
}
