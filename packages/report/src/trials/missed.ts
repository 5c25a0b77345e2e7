import { stripVTControlCharacters } from 'node:util';
import type { RunEvent } from '@cooperbench/records';
import { findAnswers, isQuestion, type SentMessage } from './messages.ts';
import type { TrialDetails } from './read-details.ts';
import { getSeconds } from './read-events.ts';

/** Something of another seat that did not reach a seat, or that a seat said and did not do. */
export interface MissedInformation {
  /** Words without a full stop. Quotes messages: escape it. */
  readonly text: string;
  /** The index of the message that it is about. It is null if it is about none. */
  readonly message: number | null;
}

/** Items that a sentence has: the first of each kind, then more of the first kinds. */
const maxMissed = 4;

/**
 * Returns what the seats missed of each other: messages that nobody read, questions without an answer, announced pushes that
 * did not happen, and pushes that nobody fetched. Only what the events record.
 */
export function listMissed(
  messages: readonly SentMessage[],
  events: readonly RunEvent[],
  recordedLevel: TrialDetails['recorded'],
): MissedInformation[] {
  const replyIndexes = recordedLevel === 'texts' ? [] : findAnswers(messages);
  const kinds = [
    messages.flatMap((message, index) => findUnread(message, index)),
    // Without times, nobody knows which message answers which.
    replyIndexes.flatMap((replyIndex, index) => {
      const message = messages[index];
      return message && replyIndex === null ? findUnanswered(message, index) : [];
    }),
    findUnkept(messages, events),
    findUnfetched(events),
  ];
  const [firsts, otherItems] = [
    kinds.flatMap((kind) => kind.slice(0, 1)),
    kinds.flatMap((kind) => kind.slice(1)),
  ];
  const chosenItems = new Set([...firsts, ...otherItems].slice(0, maxMissed));
  return kinds.flat().filter((missedInformation) => chosenItems.has(missedInformation));
}

function findUnread(
  { from, to, text, accepted_by, read, reads_recorded, dropped = [] }: SentMessage,
  message: number,
): MissedInformation[] {
  if (!reads_recorded) return [];
  if (accepted_by.length === 0)
    return [{ text: `${from}'s message to ${to} was refused (${quote(text)})`, message }];
  // A message that a channel fault dropped is nobody's omission.
  const seats = accepted_by.filter((seat) => read[seat] === undefined && !dropped.includes(seat));
  if (seats.length === 0) return [];
  return [{ text: `${seats.join(' and ')} never read ${from}'s message ${quote(text)}`, message }];
}

function findUnanswered(message: SentMessage, index: number): MissedInformation[] {
  const wasRead = !message.reads_recorded || Object.keys(message.read).length > 0;
  // One that nobody read is named already.
  if (!wasRead || !isQuestion(message)) return [];
  return [{ text: `${message.from}'s question ${quote(message.text)} got no answer`, message: index }];
}

const announced = /\b(?:I(?:['’]ll| will|['’]m going to| am going to)?|let me) (?:now )?push\b/i;

type GitEvent = Extract<RunEvent, { readonly type: 'git' }>;

function findPushes(events: readonly RunEvent[]): GitEvent[] {
  return events.filter(
    (event): event is GitEvent => event.type === 'git' && event.service === 'push' && event.exit_code === 0,
  );
}

/** Without any event of git, nothing says that the seats shared it. */
function findUnkept(messages: readonly SentMessage[], events: readonly RunEvent[]): MissedInformation[] {
  if (!events.some((event) => event.type === 'git')) return [];
  const pushes = findPushes(events);
  return messages.flatMap(({ from, text, time }, message): MissedInformation[] => {
    const sentence = text
      .slice(0, 20_000)
      .split(/\n+|(?<=[.!?;])\s+/)
      // Who asks whether to push announces nothing.
      .find((candidate) => announced.test(candidate) && !candidate.trimEnd().endsWith('?'));
    if (sentence === undefined) return [];
    // A message that tells of a push may come a moment after it.
    if (pushes.some((push) => push.seat === from && getSeconds(push) >= time - 60)) return [];
    return [{ text: `${from} wrote ${quote(sentence)} and did not push`, message }];
  });
}

function findUnfetched(events: readonly RunEvent[]): MissedInformation[] {
  const fetches = events.filter(
    (event): event is GitEvent => event.type === 'git' && event.service === 'fetch' && event.exit_code === 0,
  );
  const seats = new Set(
    events.flatMap((event) => (event.type === 'trial_started' ? event.seats.map(({ seat }) => seat) : [])),
  );
  // A push that moved nothing gives nothing to fetch. Runs of earlier releases do not say what moved.
  const moving = findPushes(events).filter(({ refs }) => refs?.length !== 0);
  const last = new Map(moving.map((push) => [push.seat, getSeconds(push)]));
  return [...last].flatMap(([seat, time]): MissedInformation[] => {
    const otherSeats = [...seats].filter((otherSeat) => otherSeat !== seat);
    const unfetchedSeats = otherSeats.filter(
      (otherSeat) => !fetches.some((fetch) => fetch.seat === otherSeat && getSeconds(fetch) >= time),
    );
    if (unfetchedSeats.length === 0) return [];
    return [
      { text: `${unfetchedSeats.join(' and ')} never fetched what ${seat} pushed last`, message: null },
    ];
  });
}

function quote(text: string): string {
  const line = stripVTControlCharacters(text)
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
  return `"${line.length > 80 ? `${line.slice(0, 79)}…` : line}"`;
}
