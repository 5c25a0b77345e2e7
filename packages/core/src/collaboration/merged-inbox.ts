import type { Inbox, InboxOptions, Note } from '../contracts/channel.ts';

/** Combines the inboxes of several channels into one. Returns undefined if there are none. */
export function createMergedInbox(inboxes: readonly Inbox[]): Inbox | undefined {
  const [onlyInbox] = inboxes;
  if (inboxes.length <= 1) return onlyInbox;
  const origin = new WeakMap<Note, Inbox>();
  const takeFrom = async (inbox: Inbox, options?: InboxOptions): Promise<readonly Note[]> => {
    const notes = await inbox.take(options);
    for (const note of notes) origin.set(note, inbox);
    return notes;
  };
  const giveBack = (notes: readonly Note[]): void => {
    for (const inbox of inboxes) {
      const ownNotes = notes.filter((note) => origin.get(note) === inbox);
      if (ownNotes.length > 0) inbox.giveBack(ownNotes);
    }
  };
  return {
    async take({ waitMs = 0, signal, ...room } = {}) {
      const notes = (await Promise.all(inboxes.map((inbox) => takeFrom(inbox, room)))).flat();
      if (notes.length > 0 || waitMs === 0) return notes;
      // The first channel with a note ends the wait for the others.
      const stopController = new AbortController();
      const takes = inboxes.map(async (inbox) => {
        const came = await takeFrom(inbox, {
          ...room,
          waitMs,
          signal: signal ? AbortSignal.any([signal, stopController.signal]) : stopController.signal,
        }).catch((error: unknown) => {
          if (stopController.signal.aborted && !signal?.aborted) return [];
          throw error;
        });
        if (came.length > 0) stopController.abort();
        return came;
      });
      const outcomes = await Promise.allSettled(takes);
      const takenNotes = outcomes.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
      const failedOutcome = outcomes.find((end) => end.status === 'rejected');
      if (failedOutcome === undefined || (signal?.aborted && takenNotes.length > 0)) return takenNotes;
      giveBack(takenNotes);
      throw failedOutcome.reason;
    },
    giveBack,
  };
}
