import type { PairDocument } from '../../data/model.ts';
import { formatPlainText } from '../parts/plain-text.ts';

/** One thing that happened, as a row of the list. */
export interface Moment {
  /** Since the start of the trial. */
  readonly seconds: number;
  readonly seat: string;
  readonly kind: 'phase' | 'step' | 'message' | 'git' | 'activity' | 'end';
  readonly text: string;
  /** The step's number, if `kind` is `step`. Of kind `message`: its index. */
  readonly number?: number;
}

/** Lists all that happened in a trial, in order. Steps without a time come at the time of the one before. */
export function listMoments(pair: PairDocument): Moment[] {
  const steps = pair.lanes.flatMap(({ seat, start, steps: laneSteps }) => {
    let latest = start ?? 0;
    return laneSteps.map(({ step, seconds, summary }): Moment => {
      latest = seconds ?? latest;
      return { seconds: latest, seat, kind: 'step', text: formatPlainText(summary), number: step };
    });
  });
  const messages = pair.messages.map(
    ({ seconds, from, to, text, index }): Moment => ({
      seconds,
      seat: from,
      kind: 'message',
      text: `to ${to}: ${formatPlainText(text)}`,
      number: index,
    }),
  );
  const git = pair.git.map(({ seconds, seat, service, exit_code: code, refs }): Moment => {
    const names = refs
      ?.map(({ name }) => formatPlainText(name.replace(/^refs\/(?:heads|tags)\//, '')))
      .join(', ');
    const text = `git ${service}${names ? ` ${names}` : ''}${code === 0 ? '' : ` failed (${code})`}`;
    return { seconds, seat, kind: 'git', text };
  });
  const activities = pair.activities.map(
    ({ seconds, seat, channel, text }): Moment => ({
      seconds,
      seat,
      kind: 'activity',
      text: `${channel}: ${formatPlainText(text)}`,
    }),
  );
  const phases = pair.phases.flatMap(({ start, number, name, seats }) =>
    seats.map(
      (seat): Moment => ({
        seconds: start,
        seat,
        kind: 'phase',
        text: `phase ${number}: ${formatPlainText(name)}`,
      }),
    ),
  );
  const endMoments = pair.lanes.flatMap(({ seat, end, status, error }): Moment[] =>
    end === null || !status
      ? []
      : [{ seconds: end, seat, kind: 'end', text: `${status}${error ? `: ${formatPlainText(error)}` : ''}` }],
  );
  return [...phases, ...steps, ...messages, ...git, ...activities, ...endMoments].sort(
    (left, right) => left.seconds - right.seconds,
  );
}
