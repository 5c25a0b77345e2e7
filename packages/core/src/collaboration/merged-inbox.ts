import type { Inbox, Note } from '../contracts/channel.ts';

/** One inbox over those of several channels. Undefined: there are none. */
export function mergedInbox(inboxes: readonly Inbox[]): Inbox | undefined {
  const [only] = inboxes;
  if (inboxes.length <= 1) return only;
  const origin = new WeakMap<Note, Inbox>();
  const takeFrom = async (inbox: Inbox, options?: Parameters<Inbox['take']>[0]): Promise<readonly Note[]> => {
    const notes = await inbox.take(options);
    for (const note of notes) origin.set(note, inbox);
    return notes;
  };
  return {
    async take({ waitMs = 0, signal } = {}) {
      const notes = (await Promise.all(inboxes.map((inbox) => takeFrom(inbox)))).flat();
      if (notes.length > 0 || waitMs === 0) return notes;
      // The first channel that brings something ends the wait at the others.
      const enough = new AbortController();
      const waiting = inboxes.map(async (inbox) => {
        const came = await takeFrom(inbox, {
          waitMs,
          signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
        }).catch((error: unknown) => {
          if (enough.signal.aborted && !signal?.aborted) return [];
          throw error;
        });
        if (came.length > 0) enough.abort();
        return came;
      });
      return (await Promise.all(waiting)).flat();
    },
    giveBack(notes) {
      for (const inbox of inboxes) {
        const own = notes.filter((note) => origin.get(note) === inbox);
        if (own.length > 0) inbox.giveBack(own);
      }
    },
  };
}
