import { formatCostText } from '@cooperbench/command/figures';
import type { RunEvent } from '@cooperbench/records';
import { mapSeatsHit, readTimes } from '../trials/messages.ts';
import type { TrialDetails } from '../trials/read-details.ts';
import { getSeconds } from '../trials/read-events.ts';

/** Something that a seat did. */
export interface Moment {
  /** Seconds since the trial's first moment. */
  readonly seconds: number;
  readonly seat: string;
  readonly kind: 'phase' | 'steps' | 'message' | 'git' | 'activity' | 'end';
  /** Escape it, because it quotes what agents wrote. */
  readonly text: string;
}

/**
 * Lists the moments of a trial, in order. A seat's steps without anything else in between are one moment. `start`: unix
 * seconds.
 */
export function listTimeline(details: TrialDetails, start: number): Moment[] {
  const moments =
    details.events.length > 0 ? listEventMoments(details.events, start) : listFileMoments(details, start);
  return moments.sort((left, right) => left.seconds - right.seconds);
}

function listEventMoments(events: readonly RunEvent[], start: number): Moment[] {
  const moments: Moment[] = [];
  const steps = new Map<string, { first: number; last: number; seconds: number }>();
  const flush = (seat: string): void => {
    const stepRange = steps.get(seat);
    steps.delete(seat);
    if (stepRange)
      moments.push({ seconds: stepRange.seconds, seat, kind: 'steps', text: formatStepText(stepRange) });
  };
  const readTimesById = readTimes(events);
  const droppedSeats = mapSeatsHit(events, 'message_dropped');
  for (const event of events) {
    const seconds = Math.max(0, getSeconds(event) - start);
    const add = (seat: string, kind: Moment['kind'], text: string): void => {
      flush(seat);
      moments.push({ seconds, seat, kind, text });
    };
    if (event.type === 'step') {
      const stepRange = steps.get(event.seat) ?? { first: event.steps, last: event.steps, seconds };
      steps.set(event.seat, { ...stepRange, last: event.steps });
    } else if (event.type === 'phase_started')
      for (const seat of event.seats) add(seat, 'phase', `phase ${event.number}: ${event.phase}`);
    else if (event.type === 'phase_finished') {
      for (const [seat, files] of Object.entries(event.handed_over ?? {}))
        for (const [path, bytes] of Object.entries(files))
          add(
            seat,
            'phase',
            bytes === null ? `hands over no ${path}` : `hands over ${path} (${bytes} bytes)`,
          );
    } else if (event.type === 'message')
      add(
        event.from,
        'message',
        formatMessageText(event, readTimesById.get(event.id) ?? {}, droppedSeats.get(event.id) ?? [], start),
      );
    else if (event.type === 'git')
      add(
        event.seat,
        'git',
        `git ${event.service}${event.exit_code === 0 ? '' : ` failed (${event.exit_code})`}`,
      );
    else if (event.type === 'activity') add(event.seat, 'activity', `${event.channel}: ${event.text}`);
    else if (event.type === 'seat_finished') {
      const error = event.error ? `: ${event.error}` : '';
      const cost = formatCostText(event.cost, event.cost_known);
      add(event.seat, 'end', `${event.status} after ${event.steps} steps, ${cost}${error}`);
    }
  }
  for (const seat of [...steps.keys()]) flush(seat);
  return moments;
}

function formatStepText({ first, last }: { readonly first: number; readonly last: number }): string {
  return first === last ? `step ${first}` : `steps ${first} to ${last}`;
}

function formatMessageText(
  { to, text, accepted_by }: Extract<RunEvent, { type: 'message' }>,
  readTimes: Readonly<Record<string, number>>,
  droppedSeats: readonly string[],
  start: number,
): string {
  const readTexts = (accepted_by ?? [])
    .filter((seat) => !droppedSeats.includes(seat))
    .map((seat) => {
      const time = readTimes[seat];
      return time === undefined ? undefined : `${(time - start).toFixed(1)}s`;
    });
  const lostText = droppedSeats.length === 0 ? '' : `lost on the way to ${droppedSeats.join(', ')}`;
  const fate =
    readTexts.length === 0
      ? lostText || 'refused'
      : readTexts.includes(undefined)
        ? 'not read'
        : `read at ${[...new Set(readTexts)].join(', ')}`;
  const also = lostText === '' || fate === lostText ? '' : `, ${lostText}`;
  return `to ${to} (${fate}${also}): ${text}`;
}

/** Lists the moments of a run without events, such as one of the Python original. */
function listFileMoments({ messages, seats }: TrialDetails, start: number): Moment[] {
  const sentMoments = messages.map(
    ({ from, to, text, time }): Moment => ({
      seconds: Math.max(0, time - start),
      seat: from,
      kind: 'message',
      text: `to ${to}: ${text}`,
    }),
  );
  const endMoments = seats.flatMap(({ seat, end, result }): Moment[] => {
    if (end === undefined) return [];
    const text = `${result?.status ?? 'ended'} after ${result?.steps ?? 'some'} steps`;
    return [{ seconds: Math.max(0, end - start), seat, kind: 'end', text }];
  });
  return [...sentMoments, ...endMoments];
}
