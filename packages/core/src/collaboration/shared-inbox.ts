import { performance } from 'node:perf_hooks';
import { settledWithin } from '../async/deadline.ts';
import { untilAborted } from '../async/until-aborted.ts';
import type { Inbox } from '../contracts/channel.ts';

/** An inbox with two takers. */
export interface SharedInbox {
  /** Of the agent. It waits as long as `first` does. */
  readonly agent: Inbox;
  /** Of a command that waits for notes: its caller wants to see them as the answer. */
  readonly first: Inbox;
}

/** Lets a command wait for notes although the agent waits for them all the time. */
export function createSharedInbox(inbox: Inbox): SharedInbox {
  let waitingCount = 0;
  let interrupt = new AbortController();
  let free = Promise.withResolvers<void>();
  free.resolve();
  const giveBack = inbox.giveBack.bind(inbox);
  return {
    first: {
      giveBack,
      async take(options) {
        if (waitingCount === 0) free = Promise.withResolvers();
        waitingCount += 1;
        interrupt.abort(new Error('a command waits for the notes'));
        try {
          return await inbox.take(options);
        } finally {
          waitingCount -= 1;
          if (waitingCount === 0) {
            interrupt = new AbortController();
            free.resolve();
          }
        }
      },
    },
    agent: {
      giveBack,
      async take({ waitMs = 0, signal, ...options } = {}) {
        const endMs = performance.now() + waitMs;
        const computeLeftMs = (): number => Math.max(0, endMs - performance.now());
        for (;;) {
          if (computeLeftMs() === 0) return inbox.take({ ...options, ...(signal && { signal }) });
          await untilAborted(settledWithin(computeLeftMs(), free.promise), signal);
          const interrupted = interrupt.signal;
          if (interrupted.aborted) continue;
          const signals = signal ? AbortSignal.any([signal, interrupted]) : interrupted;
          try {
            return await inbox.take({ ...options, waitMs: computeLeftMs(), signal: signals });
          } catch (error) {
            if (signal?.aborted || !interrupted.aborted) throw error;
          }
        }
      },
    },
  };
}
