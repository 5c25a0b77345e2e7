import type { Inbox, InboxOptions, Note } from '../contracts/channel.ts';

/** Combines the inboxes of several channels into one. Undefined: there are none. */
export function mergedInbox(inboxes: readonly Inbox[]): Inbox | undefined {
  const [only] = inboxes;
  if (inboxes.length <= 1) return only;
  const origin = new WeakMap<Note, Inbox>();
  const takeFrom = async (inbox: Inbox, options?: InboxOptions): Promise<readonly Note[]> => {
    const notes = await inbox.take(options);
    for (const note of notes) origin.set(note, inbox);
    return notes;
  };
  const giveBack = (notes: readonly Note[]): void => {
    for (const inbox of inboxes) {
      const own = notes.filter((note) => origin.get(note) === inbox);
      if (own.length > 0) inbox.giveBack(own);
    }
  };
  return {
    async take({ waitMs = 0, signal, ...room } = {}) {
      const notes = (await Promise.all(inboxes.map((inbox) => takeFrom(inbox, room)))).flat();
      if (notes.length > 0 || waitMs === 0) return notes;
      // The first channel with a note ends the wait for the others.
      const enough = new AbortController();
      const waiting = inboxes.map(async (inbox) => {
        const came = await takeFrom(inbox, {
          ...room,
          waitMs,
          signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
        }).catch((error: unknown) => {
          if (enough.signal.aborted && !signal?.aborted) return [];
          throw error;
        });
        if (came.length > 0) enough.abort();
        return came;
      });
      const ends = await Promise.allSettled(waiting);
      const found = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed === undefined || (signal?.aborted && found.length > 0)) return found;
      giveBack(found);
      throw failed.reason;
    },
    giveBack,
  };
}
