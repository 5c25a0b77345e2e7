import { type JsonSchema, listValidationMessages } from '@cooperbench/core';
import type { ConversationEntry, RunEvent } from '@cooperbench/records';
import { getSeconds } from './read-events.ts';
import { findUnixSeconds } from './read-text.ts';

/** A message between seats. Times are unix seconds. */
export interface SentMessage {
  readonly from: string;
  /** A seat, or `all`. */
  readonly to: string;
  readonly text: string;
  readonly time: number;
  /** Seats that accepted it. The list is empty if all refused it. */
  readonly accepted_by: readonly string[];
  /** By seat, when it read the message. It is empty if nobody did, or the run does not record reading. */
  readonly read: Readonly<Record<string, number>>;
  /**
   * Seats that did not get it, and those that got it twice, because of a fault that the user asked for. It is absent if there
   * are none.
   */
  readonly dropped?: readonly string[];
  readonly duplicated?: readonly string[];
  /** It is false if the run does not record when messages were read, as the Python original. */
  readonly reads_recorded: boolean;
}

/**
 * By message, when each seat first read it, in unix seconds. A fault of a channel may deliver a message twice; what was given
 * back was not read.
 */
export function readTimes(
  events: readonly RunEvent[],
): ReadonlyMap<string, Readonly<Record<string, number>>> {
  const deliveries = new Map<string, Map<string, number[]>>();
  for (const event of events) {
    if (event.type !== 'message_delivered' && event.type !== 'message_returned') continue;
    const seats = deliveries.get(event.id) ?? new Map<string, number[]>();
    const seatTimes = seats.get(event.seat) ?? [];
    if (event.type === 'message_delivered') seatTimes.push(getSeconds(event));
    else seatTimes.pop();
    deliveries.set(event.id, seats.set(event.seat, seatTimes));
  }
  const buildFirst = (seats: ReadonlyMap<string, readonly number[]>) =>
    Object.fromEntries([...seats].flatMap(([seat, [first]]) => (first === undefined ? [] : [[seat, first]])));
  return new Map([...deliveries].map(([id, seats]) => [id, buildFirst(seats)]));
}

/** By message, the seats that a fault of a channel hit. */
export function mapSeatsHit(
  events: readonly RunEvent[],
  type: 'message_dropped' | 'message_duplicated',
): ReadonlyMap<string, readonly string[]> {
  const seats = new Map<string, string[]>();
  for (const event of events) {
    if (event.type !== type) continue;
    const hit = seats.get(event.id) ?? [];
    hit.push(event.seat);
    seats.set(event.id, hit);
  }
  return seats;
}

/** Lists the messages of a trial in the order of sending, refused ones among them. */
export function listMessagesOfEvents(events: readonly RunEvent[]): SentMessage[] {
  const readTimesById = readTimes(events);
  const droppedSeats = mapSeatsHit(events, 'message_dropped');
  const duplicated = mapSeatsHit(events, 'message_duplicated');
  return events
    .filter((event) => event.type === 'message')
    .map((event) => {
      const [lostTo, duplicatedTo] = [droppedSeats.get(event.id), duplicated.get(event.id)];
      return {
        from: event.from,
        to: event.to,
        text: event.text,
        time: getSeconds(event),
        accepted_by: event.accepted_by,
        read: readTimesById.get(event.id) ?? {},
        ...(lostTo && { dropped: lostTo }),
        ...(duplicatedTo && { duplicated: duplicatedTo }),
        reads_recorded: true,
      };
    });
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
export function buildMessagesOfConversation(
  entries: readonly unknown[],
  seats: readonly string[],
  onBroken?: (reason: string) => void,
): Conversation {
  const usable = entries.filter((entry, index): entry is Partial<ConversationEntry> => {
    const [reason] = listValidationMessages(entryShape, entry);
    if (reason !== undefined) onBroken?.(`message ${index + 1} does not count: ${reason}`);
    return reason === undefined;
  });
  const messageTimes = usable.map(({ timestamp }) => findUnixSeconds(timestamp));
  let time = messageTimes.find((candidate) => candidate !== undefined) ?? 0;
  const messages = usable.map(({ from = '', to: recipient, message: text = '' }, index) => {
    time = messageTimes[index] ?? time;
    // Some frameworks of the original name no recipient.
    const to = recipient ?? 'all';
    const recipients = to === 'all' ? seats.filter((seat) => seat !== from) : [to];
    return { from, to, text, time, accepted_by: recipients, read: {}, reads_recorded: false };
  });
  const timed = !messageTimes.includes(undefined);
  return { messages: timed ? messages.sort((left, right) => left.time - right.time) : messages, timed };
}

/** A question is a message with a question mark that ends words, not one inside of a URL or of code such as `a?.b`. */
export function isQuestion({ text, accepted_by }: SentMessage): boolean {
  if (accepted_by.length === 0) return false;
  // A last backtick without a counterpart opens no code.
  const prose = text.split('`').filter((_, index, parts) => index % 2 === 0 || index === parts.length - 1);
  return prose.join(' ').split(/\s+/).some(isAskingWord);
}

/** Returns whether a word ends with a question mark, perhaps inside of quotes or brackets. Of a URL, only its end counts. */
function isAskingWord(word: string): boolean {
  if (word.includes('://') || word.startsWith('www.')) return word.endsWith('?');
  return /[?？؟](?![\p{L}\p{N}.=&])/u.test(word);
}

/**
 * By message, the index of the first that replies to it: a recipient that had read it sent that to its sender alone, or named
 * the sender, and the sender read it. Where the run does not record reading, what was sent counts as read. Returns null if
 * nobody answered. Seats may send thousands of messages, so each message is looked at once for each pair of seats.
 */
export function findAnswers(messages: readonly SentMessage[]): (number | null)[] {
  const replyIndexes: (number | null)[] = messages.map(() => null);
  const sendTimes: number[] = [];
  // They are in the order of sending, whatever the clock did.
  for (const { time } of messages) sendTimes.push(Math.max(sendTimes.at(-1) ?? 0, time));
  /** By the sender of replies and their reader, the indices of the replies after a message, the next one last. */
  const replies = new Map<string, number[]>();
  for (const [index, question] of [...messages.entries()].reverse()) {
    const firstReplies = question.accepted_by.flatMap((seat) => {
      const readTime = question.reads_recorded ? question.read[seat] : 0;
      const sentReplies = replies.get(JSON.stringify([seat, question.from])) ?? [];
      return readTime === undefined
        ? []
        : (findLastWhere(sentReplies, (reply) => (sendTimes[reply] ?? 0) >= readTime) ?? []);
    });
    if (firstReplies.length > 0) replyIndexes[index] = Math.min(...firstReplies);
    for (const asker of question.accepted_by.filter((seat) => isReplyTo(question, seat))) {
      const key = JSON.stringify([question.from, asker]);
      const sentReplies = replies.get(key) ?? [];
      sentReplies.push(index);
      replies.set(key, sentReplies);
    }
  }
  return replyIndexes;
}

/** Finds the last item for which a condition holds that holds for none after one for which it does not. */
function findLastWhere<T>(items: readonly T[], holds: (item: T) => boolean): T | undefined {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return items[low - 1];
}

/** Returns whether a message could be the answer to one from this seat, which read it. */
function isReplyTo({ to, text, accepted_by, read, reads_recorded }: SentMessage, asker: string): boolean {
  const isForAsker = to === asker || accepted_by.length === 1 || mentionsSeat(text, asker);
  return isForAsker && (!reads_recorded || read[asker] !== undefined);
}

/** Returns whether a text has a seat's name as a word: "agent1" does not stand in "agent10". */
function mentionsSeat(text: string, seat: string): boolean {
  const isPart = (character: string | undefined): boolean => /[\p{L}\p{N}_-]/u.test(character ?? ' ');
  for (let index = text.indexOf(seat); index !== -1; index = text.indexOf(seat, index + 1))
    if (!isPart(text[index - 1]) && !isPart(text[index + seat.length])) return true;
  return false;
}

/** Returns whether a recipient had finished. `ends`: by seat, unix seconds. */
export function isToFinished(
  { to, from, time, accepted_by }: SentMessage,
  endTimes: Readonly<Record<string, number>>,
): boolean {
  const recipients = Object.keys(endTimes).filter((seat) => seat === to || (to === 'all' && seat !== from));
  // A mailbox closes a moment before its seat's end is recorded, while the patch is collected.
  return recipients.some((seat) => {
    const end = endTimes[seat] ?? Number.POSITIVE_INFINITY;
    return time >= end || (!accepted_by.includes(seat) && time >= end - 60);
  });
}
