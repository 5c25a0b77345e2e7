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

export function knowledgeAt(pair: PairDocument, seat: string, seconds: number): Knowledge {
  const addressed = pair.messages.filter(
    (message) => message.seconds <= seconds && message.accepted_by.includes(seat),
  );
  const hasRead = ({ read: times, reads_recorded: recorded }: Message): boolean =>
    !recorded || (times[seat] ?? Number.POSITIVE_INFINITY) <= seconds;
  const past = pair.git.filter((moment) => moment.seconds <= seconds && moment.exit_code === 0);
  const lastFetch = past.findLast((moment) => moment.seat === seat && moment.service === 'fetch');
  const pushes = past.filter(
    // One that moved nothing gives nothing to fetch.
    ({ seat: by, service, refs }) => by !== seat && service === 'push' && refs?.length !== 0,
  );
  const known = (push: GitMoment): boolean => lastFetch !== undefined && push.seconds <= lastFetch.seconds;
  const read = addressed.filter(hasRead);
  const isToldOf = (other: string, path: string): boolean =>
    read.some((message) => message.from === other && mentionsPath(message.text, path)) ||
    pair.activities.some(
      (told) =>
        told.seat === other &&
        mentionsPath(told.text, path) &&
        pair.activities.some(
          (own) =>
            own.seat === seat &&
            own.channel === told.channel &&
            own.seconds >= told.seconds &&
            own.seconds <= seconds,
        ),
    );
  const hasFetched = (other: string, since: number): boolean =>
    pushes.some((push) => push.seat === other && push.seconds >= since && known(push));
  return {
    read,
    waiting: addressed.filter((message) => !hasRead(message)),
    fetched: pushes.filter(known),
    unfetched: pushes.filter((push) => !known(push)),
    unknown: pair.files.flatMap(({ path, seats }) =>
      Object.entries(seats)
        .filter(
          ([other, { first_seconds: begun }]) =>
            other !== seat &&
            begun !== null &&
            begun <= seconds &&
            !isToldOf(other, path) &&
            !hasFetched(other, begun),
        )
        .map(([other]) => ({ seat: other, path })),
    ),
  };
}
