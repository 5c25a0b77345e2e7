import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatClockText } from '../parts/clock.ts';
import { useKeys } from '../parts/keys.ts';
import { Scroll } from '../parts/scroll.tsx';
import { Seat } from '../parts/verdict.tsx';
import { useVirtualRows } from '../parts/virtual.ts';
import { Known } from './known.tsx';
import { Lanes, type Selection } from './lanes.tsx';
import { Legend } from './legend.tsx';
import { MessageBubble } from './message-bubble.tsx';
import { listMoments, type Moment } from './moments.ts';
import { buildSpan, moveSpan, moveToContain, type Span, stateOfSpan, zoomSpan } from './span.ts';
import { StepDetails } from './step-details.tsx';
import type { View } from './view.ts';

/** The lanes, what each seat could know at the cursor, and what is chosen. */
export function TimeLine({ view }: { readonly view: View }) {
  const { pair, state } = view;
  const moments = useMemo(() => listMoments(pair), [pair]);
  const selection = findChosen(state);
  const keptTime = state.at === undefined ? null : Number(state.at);
  // Moving the cursor changes the URL only when it stops: browsers limit how often a page may do that.
  const [moving, setMoving] = useState<number | null>(null);
  const cursor = moving ?? (keptTime !== null && Number.isFinite(keptTime) ? keptTime : null);
  const { seconds } = pair.clock;
  const [span, zoomTo] = useSpan(view);
  const show = (moment: Moment): void =>
    view.adjust({
      ...stateOfSpan(moveToContain(span, seconds, moment.seconds), seconds),
      ...{ at: moment.seconds.toFixed(3), step: undefined, message: undefined, ...stateOf(moment) },
    });
  const choose = (selection: Selection): void => {
    const moment = moments.find((candidate) => isSame(candidate, selection));
    if (moment) show(moment);
  };
  const current = moments.findIndex((moment) => selection !== null && isSame(moment, selection));
  const nearestIndex =
    current >= 0 ? current : moments.findLastIndex(({ seconds }) => seconds <= (cursor ?? -1));
  const step = (distance: number) => (): void => {
    const moment = moments[Math.min(moments.length - 1, Math.max(0, nearestIndex + distance))];
    if (moment) show(moment);
  };
  const isWhole = span.from <= 0 && span.to >= seconds;
  const middle =
    cursor !== null && cursor >= span.from && cursor <= span.to ? cursor : (span.from + span.to) / 2;
  const zoom = (factor: number) => (): void => zoomTo(zoomSpan(span, seconds, factor, middle));
  const showAll = (): void => zoomTo({ from: 0, to: seconds });
  const pan = (distance: number) => (): void => zoomTo(moveSpan(span, seconds, distance));
  useKeys({
    ...{ n: step(1), p: step(-1), '+': zoom(0.5), '-': zoom(2), '0': showAll },
    ...{ 'Shift+ArrowLeft': pan(-0.25), 'Shift+ArrowRight': pan(0.25) },
  });
  return (
    <div class="time-line">
      <div class="controls">
        <Legend pair={pair} />
        {!isWhole && (
          <span class="muted" role="status">
            {formatClockText(span.from)} to {formatClockText(span.to)} of {formatClockText(seconds)}
          </span>
        )}
        <button type="button" onClick={zoom(0.5)} title="Zoom in (+)">
          +<span class="hidden"> Zoom in</span>
        </button>
        <button type="button" onClick={zoom(2)} disabled={isWhole} title="Zoom out (−)">
          −<span class="hidden"> Zoom out</span>
        </button>
        <button type="button" onClick={showAll} disabled={isWhole} title="Show all (0)">
          All<span class="hidden"> of the time</span>
        </button>
        <output>{formatClockText(cursor ?? seconds)}</output>
        <button type="button" onClick={step(-1)} disabled={nearestIndex <= 0} title="Previous moment (p)">
          ←<span class="hidden"> Previous moment</span>
        </button>
        <button
          type="button"
          onClick={step(1)}
          disabled={nearestIndex >= moments.length - 1}
          title="Next moment (n)"
        >
          →<span class="hidden"> Next moment</span>
        </button>
      </div>
      <Lanes
        pair={pair}
        chosen={selection}
        cursor={cursor}
        span={span}
        choose={choose}
        moveTo={(moment) => view.adjust({ at: moment.toFixed(3), step: undefined, message: undefined })}
        zoomTo={zoomTo}
      />
      <input
        class="clock"
        type="range"
        min={span.from}
        max={span.to}
        step={Math.max(0.01, (span.to - span.from) / 1000)}
        value={cursor ?? seconds}
        aria-label="Clock"
        aria-valuetext={formatClockText(cursor ?? seconds)}
        onInput={(event) => setMoving(Number(event.currentTarget.value))}
        onChange={(event) => {
          setMoving(null);
          view.adjust({ at: event.currentTarget.value, step: undefined, message: undefined });
        }}
      />
      <div class="columns">
        <section class="chosen" aria-label="Chosen moment">
          <Details view={view} chosen={selection} />
        </section>
        <section aria-label="What each seat could know">
          <Known view={view} seconds={cursor ?? seconds} />
        </section>
      </div>
      <Moments view={view} moments={moments} near={nearestIndex} show={show} />
    </div>
  );
}

/**
 * Returns the part of the clock in sight. It is in the URL, which follows a wheel when it stops: browsers limit how often it
 * may change.
 */
function useSpan({ pair, state, adjust }: View): [span: Span, zoomTo: (span: Span) => void] {
  const { seconds } = pair.clock;
  const [turning, setTurning] = useState<Span | null>(null);
  const adjustRef = useRef(adjust);
  adjustRef.current = adjust;
  useEffect(() => {
    if (turning === null) return;
    const timer = setTimeout(() => {
      setTurning(null);
      adjustRef.current(stateOfSpan(turning, seconds));
    }, 150);
    return () => clearTimeout(timer);
  }, [turning, seconds]);
  return [turning ?? buildSpan(state, seconds), setTurning];
}

function Details({ view, chosen }: { view: View; chosen: Selection | null }) {
  if (chosen?.kind === 'step') {
    const lane = view.pair.lanes.find(({ seat }) => seat === chosen.seat);
    const step = lane?.steps.find((candidate) => candidate.step === chosen.step);
    if (lane && step)
      return <StepDetails key={`${lane.seat} ${step.step}`} view={view} lane={lane} step={step} />;
  }
  if (chosen?.kind === 'message') {
    const message = view.pair.messages[chosen.index];
    if (message) {
      return (
        <>
          <h2>Message {message.index + 1}</h2>
          <MessageBubble message={message} view={view} />
        </>
      );
    }
  }
  return (
    <>
      <h2>Nothing chosen</h2>
      <p class="muted">Choose a step or a message in the lanes or in the list of moments.</p>
    </>
  );
}

interface MomentsProps {
  readonly view: View;
  readonly moments: readonly Moment[];
  readonly near: number;
  readonly show: (moment: Moment) => void;
}

/** Everything that happened, as a list. */
function Moments({ view: { seats }, moments, near, show }: MomentsProps) {
  const { box, items, before, after, scrollTo } = useVirtualRows(moments.length, 34);
  useEffect(() => {
    if (near > 0) scrollTo(Math.max(0, near - 3));
  }, [near]);
  return (
    <section aria-label="Moments">
      <h2>Moments</h2>
      <Scroll label="List of moments" kind="moments" box={box}>
        <div style={{ height: `${before}px` }} />
        {items.map(({ index, key }) => {
          const moment = moments[index];
          if (!moment) return null;
          return (
            <button
              type="button"
              key={key}
              class={`moment is-${moment.kind}`}
              aria-current={index === near ? 'true' : undefined}
              onClick={() => show(moment)}
            >
              <span class="when">{formatClockText(moment.seconds)}</span>
              <Seat name={moment.seat} seats={seats} />
              <span class="kind">{moment.kind === 'step' ? `step ${moment.number}` : moment.kind}</span>
              <span class="text">{moment.text}</span>
            </button>
          );
        })}
        <div style={{ height: `${after}px` }} />
      </Scroll>
    </section>
  );
}

function findChosen({ step, message }: View['state']): Selection | null {
  if (step !== undefined) {
    const colonIndex = step.lastIndexOf(':');
    return { kind: 'step', seat: step.slice(0, colonIndex), step: Number(step.slice(colonIndex + 1)) };
  }
  return message === undefined ? null : { kind: 'message', index: Number(message) };
}

function stateOf({ kind, seat, number }: Moment): Record<string, string | undefined> {
  if (kind === 'step') return { step: `${seat}:${number}` };
  return kind === 'message' ? { message: String(number) } : {};
}

function isSame({ kind, seat, number }: Moment, selection: Selection): boolean {
  if (selection.kind === 'message') return kind === 'message' && number === selection.index;
  return kind === 'step' && seat === selection.seat && number === selection.step;
}
