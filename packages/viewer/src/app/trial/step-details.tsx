import type { Lane, Step } from '../../data/model.ts';
import { formatClockText } from '../parts/clock.ts';
import { cost, formatWhole } from '../parts/figures.ts';
import { formatPlainText } from '../parts/plain-text.ts';
import { TextBlock } from '../parts/text-block.tsx';
import { Seat } from '../parts/verdict.tsx';
import { formatDurations } from './outline.tsx';
import { useMessages } from './slices.ts';
import { TrajectoryEntry } from './trajectory-entry.tsx';
import type { View } from './view.ts';

interface Props {
  readonly view: View;
  readonly lane: Lane;
  readonly step: Step;
}

/** One step: what the model said and ran, what came back, what it used. */
export function StepDetails({ view, lane, step }: Props) {
  const { seats, href } = view;
  return (
    <>
      <h2>
        <Seat name={lane.seat} seats={seats} /> step {step.step}
        {step.seconds !== null && <span class="muted"> at {formatClockText(step.seconds)}</span>}
      </h2>
      <p class="muted">
        {cost(step.cost)}, {formatWhole(step.input_tokens)} tokens in, {formatWhole(step.output_tokens)} out;{' '}
        {cost(step.total_cost)} so far
        {formatDurations(step) && `; ${formatDurations(step)}`}
        {step.message !== null && (
          <>
            {' '}
            <a href={href({ tab: 'trajectory', seat: lane.seat, entry: String(step.message) })}>
              in the trajectory
            </a>
          </>
        )}
      </p>
      {step.message === null ? (
        <>
          {step.summary && <TextBlock>{formatPlainText(step.summary)}</TextBlock>}
          <p class="muted">
            {lane.trajectory.messages > 0
              ? 'The trajectory has no message of this step.'
              : 'The trajectory has no message yet.'}
          </p>
        </>
      ) : (
        <Entries view={view} lane={lane} messages={step.messages} />
      )}
    </>
  );
}

function Entries({ view, lane, messages }: { view: View; lane: Lane; messages: readonly number[] }) {
  const { message, problem } = useMessages(view.pair, lane, messages);
  if (problem) return <p class="problem">{problem}</p>;
  return (
    <>
      {messages.map((index) => {
        const entry = message(index);
        return entry ? (
          <TrajectoryEntry key={index} entry={entry} />
        ) : (
          <p key={index} class="loading">
            Loading …
          </p>
        );
      })}
    </>
  );
}
