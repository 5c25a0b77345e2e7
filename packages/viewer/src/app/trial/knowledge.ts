import type { GitMoment, Message, PairDocument } from '../../data/model.ts';
import { mentionsPath } from '../../data/names.ts';

/** A seat's knowledge of the others at one moment, and the gaps in it. */
export interface Knowledge {
  /** Messages that it had read; where the run does not record reading, those sent to it. */
  readonly read: readonly Message[];
  /** Messages that waited for it. */
  readonly waiting: readonly Message[];
  /** Pushes of others before its last fetch. */
  readonly fetched: readonly GitMoment[];
  /** Pushes of others that it had not fetched. */
  readonly unfetched: readonly GitMoment[];
  /** Files that others had begun to change, and that no message it read, push it fetched or channel it used had shown it. */
  readonly unknown: readonly { readonly seat: string; readonly path: string }[];
}

export function computeKnowledgeAt(pair: PairDocument, seat: string, seconds: number): Knowledge {
  const addressed = pair.messages.filter(
    (message) => message.seconds <= seconds && message.accepted_by.includes(seat),
  );
  const hasRead = ({ read: readTimes, reads_recorded: readsRecorded }: Message): boolean =>
    !readsRecorded || (readTimes[seat] ?? Number.POSITIVE_INFINITY) <= seconds;
  const past = pair.git.filter((moment) => moment.seconds <= seconds && moment.exit_code === 0);
  const lastFetch = past.findLast((moment) => moment.seat === seat && moment.service === 'fetch');
  const pushes = past.filter(
    // One that moved nothing gives nothing to fetch.
    ({ seat: pusher, service, refs }) => pusher !== seat && service === 'push' && refs?.length !== 0,
  );
  const isKnownPush = (push: GitMoment): boolean =>
    lastFetch !== undefined && push.seconds <= lastFetch.seconds;
  const readMessages = addressed.filter(hasRead);
  const isToldOf = (otherSeat: string, path: string): boolean =>
    readMessages.some((message) => message.from === otherSeat && mentionsPath(message.text, path)) ||
    pair.activities.some(
      (activity) =>
        activity.seat === otherSeat &&
        mentionsPath(activity.text, path) &&
        pair.activities.some(
          (ownActivity) =>
            ownActivity.seat === seat &&
            ownActivity.channel === activity.channel &&
            ownActivity.seconds >= activity.seconds &&
            ownActivity.seconds <= seconds,
        ),
    );
  const hasFetched = (otherSeat: string, sinceSeconds: number): boolean =>
    pushes.some((push) => push.seat === otherSeat && push.seconds >= sinceSeconds && isKnownPush(push));
  return {
    read: readMessages,
    waiting: addressed.filter((message) => !hasRead(message)),
    fetched: pushes.filter(isKnownPush),
    unfetched: pushes.filter((push) => !isKnownPush(push)),
    unknown: pair.files.flatMap(({ path, seats }) =>
      Object.entries(seats)
        .filter(
          ([otherSeat, { first_seconds: startSeconds }]) =>
            otherSeat !== seat &&
            startSeconds !== null &&
            startSeconds <= seconds &&
            !isToldOf(otherSeat, path) &&
            !hasFetched(otherSeat, startSeconds),
        )
        .map(([otherSeat]) => ({ seat: otherSeat, path })),
    ),
  };
}
