import type { Inbox, Note } from '../contracts/channel.ts';
import { maxNoteBytes } from '../contracts/seat-bounds.ts';

/** A note of which a part was shown. */
interface PartialNote {
  readonly note: Note;
  /** Characters that were shown. */
  readonly shown: number;
}

/**
 * Bounds what an agent is shown before a step: at most `maxBytes` at once, and the rest at the next call, so that a peer that
 * floods cannot push an agent out of its context. A note that is longer comes in parts.
 */
export function createBoundedInbox(inbox: Inbox, maxBytes: number = maxNoteBytes): Inbox {
  let rest: PartialNote | undefined;
  const parts = new WeakMap<Note, PartialNote>();

  /** Builds the next part of a note that fits. Keeps what remains in `rest`. */
  const buildNextPart = (from: PartialNote, room: number): Note => {
    const text = from.note.text.slice(from.shown);
    if (Buffer.byteLength(text) <= room) {
      rest = undefined;
      return from.shown === 0 ? from.note : remember({ text: `[…] ${text}` }, from);
    }
    const keptText = start(text, room - markBytes);
    rest = { note: from.note, shown: from.shown + keptText.length };
    const prefix = from.shown === 0 ? '' : '[…] ';
    return remember({ text: `${prefix}${keptText} […]` }, from);
  };
  const remember = (part: Note, from: PartialNote): Note => {
    parts.set(part, from);
    return part;
  };

  return {
    async take(options) {
      if (rest) return [buildNextPart(rest, maxBytes)];
      const notes = await inbox.take({ ...options, maxBytes });
      const fitting = countThatFit(notes, maxBytes);
      if (fitting < notes.length) inbox.giveBack(notes.slice(Math.max(1, fitting)));
      const [first] = notes;
      if (fitting > 0 || first === undefined) return notes.slice(0, fitting);
      return [buildNextPart({ note: first, shown: 0 }, maxBytes)];
    },
    giveBack(notes) {
      const wholeNotes = notes.flatMap((note) => {
        const part = parts.get(note);
        if (part === undefined) return [note];
        rest = part.shown === 0 ? undefined : part;
        return part.shown === 0 ? [part.note] : [];
      });
      if (wholeNotes.length > 0) inbox.giveBack(wholeNotes);
    },
  };
}

/** Room for the marks around a part. */
const markBytes = Buffer.byteLength('[…]  […]');

function countThatFit(notes: readonly Note[], maxBytes: number): number {
  let bytes = 0;
  const tooMany = notes.findIndex(({ text }) => {
    bytes += Buffer.byteLength(text) + 1;
    return bytes > maxBytes;
  });
  return tooMany < 0 ? notes.length : tooMany;
}

/** Returns the first characters that fit. Splits no character. */
function start(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}
