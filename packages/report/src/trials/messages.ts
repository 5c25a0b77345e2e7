import { type JsonSchema, validationMessages } from '@cooperbench/core';
import type { ConversationEntry, RunEvent } from '@cooperbench/records';
import { secondsOf } from './read-events.ts';
import { unixSeconds } from './read-text.ts';

/** A message between seats. Times are unix seconds. */
export interface SentMessage {
  readonly from: string;
  /** A seat, or `all`. */
  readonly to: string;
  readonly text: string;
  readonly time: number;
  /** Seats that accepted it. Empty: refused. */
  readonly accepted_by: readonly string[];
  /** By seat, when it read the message. Empty: nobody did, or the run does not record reading. */
  readonly read: Readonly<Record<string, number>>;
  /** False: the run does not record when messages were read, as the Python original. */
  readonly reads_recorded: boolean;
}

/** The messages of a trial in the order of sending, refused ones among them. */
export function messagesOfEvents(events: readonly RunEvent[]): SentMessage[] {
  const reads = new Map<string, Record<string, number>>();
  for (const event of events) {
    if (event.type === 'message_delivered')
      reads.set(event.id, { ...reads.get(event.id), [event.seat]: secondsOf(event) });
    if (event.type === 'message_returned') {
      const { [event.seat]: _, ...others } = reads.get(event.id) ?? {};
      reads.set(event.id, others);
    }
  }
  return events
    .filter((event) => event.type === 'message')
    .map((event) => ({
      from: event.from,
      to: event.to,
      text: event.text,
      time: secondsOf(event),
      accepted_by: event.accepted_by,
      read: reads.get(event.id) ?? {},
      reads_recorded: true,
    }));
}

const entryShape: JsonSchema = {
  type: 'object',
  properties: {
    ...{ from: { type: 'string' }, to: { type: ['string', 'null'] }, message: { type: 'string' } },
    ...{ timestamp: { type: ['number', 'string', 'null'] }, delivered: { type: ['boolean', 'null'] } },
  },
  required: ['from', 'message'],
};

/** The messages of conversation.json. */
export interface Conversation {
  readonly messages: SentMessage[];
  /** Every message has a time. Otherwise the order is that of the file, which may not be the order of sending. */
  readonly timed: boolean;
}

/**
 * The same from conversation.json, which other tools write too. It lacks refused messages and times of reading. The Python
 * original does not sort it by time. An entry without a time has that of the entry before it. Leaves out entries of another
 * shape and calls `onBroken` for each.
 */
export function messagesOfConversation(
  entries: readonly unknown[],
  seats: readonly string[],
  onBroken?: (reason: string) => void,
): Conversation {
  const usable = entries.filter((entry, index): entry is Partial<ConversationEntry> => {
    const [reason] = validationMessages(entryShape, entry);
    if (reason !== undefined) onBroken?.(`message ${index + 1} does not count: ${reason}`);
    return reason === undefined;
  });
  const times = usable.map(({ timestamp }) => unixSeconds(timestamp));
  let time = times.find((known) => known !== undefined) ?? 0;
  const messages = usable.map(({ from = '', to: given, message: text = '' }, index) => {
    time = times[index] ?? time;
    // Some frameworks of the original name no recipient.
    const to = given ?? 'all';
    const recipients = to === 'all' ? seats.filter((seat) => seat !== from) : [to];
    return { from, to, text, time, accepted_by: recipients, read: {}, reads_recorded: false };
  });
  const timed = !times.includes(undefined);
  return { messages: timed ? messages.sort((one, other) => one.time - other.time) : messages, timed };
}

/** A question is a message with a question mark that ends words, not one inside of a URL or of code such as `a?.b`. */
export function isQuestion({ text, accepted_by }: SentMessage): boolean {
  if (accepted_by.length === 0) return false;
  // A last backtick without a counterpart opens no code.
  const prose = text.split('`').filter((_, index, parts) => index % 2 === 0 || index === parts.length - 1);
  return prose.join(' ').split(/\s+/).some(asks);
}

/** Whether a word ends with a question mark, perhaps inside of quotes or brackets. Of a URL, only its end counts. */
function asks(word: string): boolean {
  if (word.includes('://') || word.startsWith('www.')) return word.endsWith('?');
  return /[?？؟](?![\p{L}\p{N}.=&])/u.test(word);
}

/**
 * The index of the first message that replies to a question: a recipient that had read the question sent it to the asker
 * alone, or named the asker, and the asker read it. Where the run does not record reading, what was sent counts as read.
 * Null: nobody answered.
 */
export function answerOf(question: SentMessage, messages: readonly SentMessage[]): number | null {
  const after = messages.indexOf(question) + 1;
  const index = messages.findIndex((reply, place) => place >= after && isReply(reply, question));
  return index === -1 ? null : index;
}

function isReply(reply: SentMessage, question: SentMessage): boolean {
  const { from: asker } = question;
  if (!question.accepted_by.includes(reply.from) || !reply.accepted_by.includes(asker)) return false;
  const isForAsker = reply.to === asker || reply.accepted_by.length === 1 || reply.text.includes(asker);
  if (!isForAsker || !question.reads_recorded) return isForAsker;
  const seen = question.read[reply.from];
  return seen !== undefined && seen <= reply.time && reply.read[asker] !== undefined;
}

/** Whether a recipient had finished. `ends`: by seat, unix seconds. */
export function isToFinished(
  { to, from, time, accepted_by }: SentMessage,
  ends: Readonly<Record<string, number>>,
): boolean {
  const recipients = Object.keys(ends).filter((seat) => seat === to || (to === 'all' && seat !== from));
  // A mailbox closes a moment before its seat's end is recorded, while the patch is collected.
  return recipients.some((seat) => {
    const end = ends[seat] ?? Number.POSITIVE_INFINITY;
    return time >= end || (!accepted_by.includes(seat) && time >= end - 60);
  });
}
