// This file has more than 250 lines, because it is one picture, whose parts share the scale of the clock.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Message, PairDocument, SharedFile } from '../../data/model.ts';
import { formatClockText } from '../parts/clock.ts';
import { cost } from '../parts/figures.ts';
import { formatPlainText } from '../parts/plain-text.ts';
import { getSeatClass, getSeatColour } from '../parts/seat-class.ts';
import { type Arrow, barHeight, getSpent, type LaneShape, layoutLanes } from './lanes-layout.ts';
import { formatDurations } from './outline.tsx';
import { PhaseBands } from './phase-bands.tsx';
import { usePointer } from './pointer.ts';
import type { Span } from './span.ts';

/** The step or message that is chosen on a time line. */
export type Selection =
  | { readonly kind: 'step'; readonly seat: string; readonly step: number }
  | { readonly kind: 'message'; readonly index: number };

interface Props {
  readonly pair: PairDocument;
  readonly chosen: Selection | null;
  /** In seconds. It is null if there is no cursor. */
  readonly cursor: number | null;
  /** What the width shows. */
  readonly span: Span;
  readonly choose: (selection: Selection) => void;
  readonly moveTo: (seconds: number) => void;
  /** If it is absent, the picture does not zoom. */
  readonly zoomTo?: (span: Span) => void;
}

/**
 * Swim lanes on one clock: steps, messages from sent to read, pushes and fetches, cost. A picture for the eye and the mouse; the
 * list of moments below it says the same to a keyboard.
 */
export function Lanes({ pair, chosen, cursor, span, choose, moveTo, zoomTo }: Props) {
  const [frame, width] = useWidth();
  const layout = useMemo(() => layoutLanes(pair, width, span), [pair, width, span.from, span.to]);
  const seats = pair.lanes.map(({ seat }) => seat);
  const { seconds } = pair.clock;
  const { handlers, marked } = usePointer({ span, seconds, timeAt: layout.timeAt, moveTo, zoomTo });
  return (
    <div class="lanes" ref={frame}>
      {width > 0 && (
        <svg
          width={width}
          height={layout.height}
          viewBox={`0 0 ${width} ${layout.height}`}
          role="img"
          aria-label={describe(pair)}
          {...handlers}
        >
          <defs>
            {[...new Set(seats.map((seat) => getSeatColour(seat, seats)))].map((colour) => (
              <marker
                key={colour}
                id={`head-${colour}`}
                class={colour}
                viewBox="0 0 8 8"
                refX="7"
                refY="4"
                markerWidth="8"
                markerHeight="8"
                markerUnits="userSpaceOnUse"
                orient="auto"
              >
                <path class="head" d="M0 0L8 4L0 8Z" />
              </marker>
            ))}
          </defs>
          <PhaseBands phases={pair.phases} seconds={seconds} x={layout.x} height={layout.height} />
          {layout.ticks.map((tick) => (
            <g key={tick} class="tick">
              <line x1={layout.x(tick)} x2={layout.x(tick)} y1={20} y2={layout.height} />
              <text x={layout.x(tick)} y={13} text-anchor={getAnchor(layout.x(tick), width)}>
                {formatClockText(tick)}
              </text>
            </g>
          ))}
          {layout.lanes.map((shape) => (
            <LaneDrawing key={shape.lane.seat} shape={shape} seats={seats} chosen={chosen} choose={choose} />
          ))}
          {pair.files
            .filter(({ overlap }) => overlap)
            .map((file) => (
              <Touches key={file.path} file={file} lanes={layout.lanes} x={layout.x} />
            ))}
          {pair.git.map(({ seat, seconds: gitSeconds, service, exit_code: code }, index) => {
            const lane = layout.lanes.find((candidate) => candidate.lane.seat === seat);
            if (!lane) return null;
            return (
              <g key={index} class={`git ${getSeatClass(seat, seats)} ${code === 0 ? '' : 'is-bad'}`}>
                <title>{`git ${service} at ${formatClockText(gitSeconds)}${code === 0 ? '' : `, failed (${code})`}`}</title>
                <path d={formatGitSign(service, layout.x(gitSeconds), lane.y - barHeight / 2 - 11)} />
              </g>
            );
          })}
          {layout.arrows.map((arrow) => (
            <MessageArrow
              key={`${arrow.message.index} ${arrow.to}`}
              arrow={arrow}
              seats={seats}
              chosen={chosen?.kind === 'message' && chosen.index === arrow.message.index}
              choose={choose}
            />
          ))}
          {marked && (
            <rect
              class="marked"
              x={layout.x(marked.from)}
              y={18}
              width={layout.x(marked.to) - layout.x(marked.from)}
              height={layout.height}
            />
          )}
          {cursor !== null && (
            <line class="cursor" x1={layout.x(cursor)} x2={layout.x(cursor)} y1={18} y2={layout.height} />
          )}
        </svg>
      )}
    </div>
  );
}

/** Returns the width of an element, followed. 0 until it is known. */
function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [frame, width];
}

function getAnchor(x: number, width: number): 'start' | 'middle' | 'end' {
  return x < 30 ? 'start' : x > width - 30 ? 'end' : 'middle';
}

function describe({ lanes, messages, git, clock }: PairDocument): string {
  const seats = lanes.map(({ seat, steps }) => `${seat} with ${steps.length} steps`).join(', ');
  return `${formatClockText(clock.seconds)} of ${seats}; ${messages.length} messages, ${git.length} git operations. The list below has all of them.`;
}

/** Pixels beside a step that are enough for some words of what it ran, and those of a character. */
const leastRoom = 130;
const characterWidth = 7;

interface LaneProps {
  readonly shape: LaneShape;
  readonly seats: readonly string[];
  readonly chosen: Selection | null;
  readonly choose: (selection: Selection) => void;
}

function LaneDrawing({
  shape: { lane, y, left, right, steps, cost: outline },
  seats,
  chosen,
  choose,
}: LaneProps) {
  const top = y - barHeight / 2;
  const isChosen = (step: number): boolean =>
    chosen?.kind === 'step' && chosen.seat === lane.seat && chosen.step === step;
  return (
    <g class={`lane ${getSeatClass(lane.seat, seats)}`}>
      <text class="name" x={10} y={top - 24}>
        {lane.seat}
        <tspan class="what">
          {`  ${lane.features.map((feature) => `feature ${feature}`).join(', ')}${lane.status ? ` · ${lane.status}` : ''} · ${cost(getSpent(lane))}`}
        </tspan>
      </text>
      <rect class="bar" x={left} y={top} width={Math.max(1, right - left)} height={barHeight} rx={3} />
      {outline && <path class="spent" d={outline} />}
      {steps.map(({ step, x, model, commands }) => (
        <g key={step.step}>
          {model > 0 && <rect class="model" x={x - model} y={top} width={model} height={barHeight} />}
          {commands > 0 && <rect class="commands" x={x} y={top} width={commands} height={barHeight} />}
        </g>
      ))}
      {steps.map(({ step, x, width, room }) =>
        room < leastRoom ? null : (
          <text key={step.step} class="ran" x={x + width + 5} y={y + 4}>
            {formatPlainText(step.summary, Math.floor((room - 10) / characterWidth))}
          </text>
        ),
      )}
      {steps.map(({ step, x, width }) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: The list of moments offers the same to a keyboard.
        <rect
          key={step.step}
          class={`step ${step.communicates ? 'is-talk' : ''} ${isChosen(step.step) ? 'is-chosen' : ''}`}
          x={x}
          y={top + 1}
          width={width}
          height={barHeight - 2}
          onClick={(event) => {
            event.stopPropagation();
            choose({ kind: 'step', seat: lane.seat, step: step.step });
          }}
        >
          <title>{`step ${step.step} at ${formatClockText(step.seconds ?? 0)}, ${[cost(step.cost), formatDurations(step)].filter(Boolean).join(', ')}: ${formatPlainText(step.summary, 160)}`}</title>
        </rect>
      ))}
      {lane.end !== null && lane.status && (
        <line class="end" x1={right} x2={right} y1={top - 4} y2={y + barHeight / 2 + 4}>
          <title>{`${lane.status} at ${formatClockText(lane.end)}`}</title>
        </line>
      )}
    </g>
  );
}

/** Where each seat first touched a file that several patches change. */
function Touches({
  file,
  lanes,
  x,
}: {
  file: SharedFile;
  lanes: readonly LaneShape[];
  x: (seconds: number) => number;
}) {
  return (
    <>
      {lanes.map(({ lane, y }) => {
        const seconds = file.seats[lane.seat]?.first_seconds;
        if (seconds === null || seconds === undefined) return null;
        const [left, top] = [x(seconds), y + barHeight / 2 + 1];
        return (
          <path
            key={lane.seat}
            class={`touch ${file.conflict ? 'is-bad' : ''}`}
            d={`M${left} ${top}l5 8h-10z`}
          >
            <title>{`${lane.seat} first touches ${formatPlainText(file.path, 160)} at ${formatClockText(seconds)}${file.conflict ? ', which conflicts' : ''}`}</title>
          </path>
        );
      })}
    </>
  );
}

/** A push points up, out of the lane; a fetch points down, into it. */
function formatGitSign(service: 'fetch' | 'push', x: number, y: number): string {
  return service === 'push'
    ? `M${x - 5} ${y + 5}L${x} ${y - 4}L${x + 5} ${y + 5}Z`
    : `M${x - 5} ${y - 4}L${x} ${y + 5}L${x + 5} ${y - 4}Z`;
}

interface ArrowProps {
  readonly arrow: Arrow;
  readonly seats: readonly string[];
  readonly chosen: boolean;
  readonly choose: (selection: Selection) => void;
}

function MessageArrow({ arrow: { message, to, fate, from, end }, seats, chosen, choose }: ArrowProps) {
  const colour = getSeatColour(message.from, seats) || 'seat-0';
  const path = `M${from[0]} ${from[1]}L${end[0]} ${end[1]}`;
  const unanswered = message.question && message.answer === null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: The list of moments offers the same to a keyboard.
    <g
      class={`arrow ${colour} is-${fate} ${chosen ? 'is-chosen' : ''}`}
      onClick={(event) => {
        event.stopPropagation();
        choose({ kind: 'message', index: message.index });
      }}
    >
      <title>{`${message.from} to ${to} at ${formatClockText(message.seconds)}, ${formatFateWords(message, to)}: ${formatPlainText(message.text, 160)}`}</title>
      <path class="target" d={path} />
      <path
        class="line"
        d={path}
        {...((fate === 'read' || fate === 'sent') && { 'marker-end': `url(#head-${colour})` })}
      />
      <circle class="sent" cx={from[0]} cy={from[1]} r={3} />
      {fate === 'unread' && <circle class="lost" cx={end[0]} cy={end[1]} r={4} />}
      {(fate === 'refused' || fate === 'dropped') && (
        <path class="lost" d={`M${end[0] - 4} ${end[1] - 4}l8 8m0 -8l-8 8`} />
      )}
      {unanswered && (
        <g class="question">
          <circle cx={from[0] + 9} cy={(from[1] + end[1]) / 2} r={7} />
          <text x={from[0] + 9} y={(from[1] + end[1]) / 2 + 4} text-anchor="middle">
            ?
          </text>
        </g>
      )}
    </g>
  );
}

/** Returns whether a message reached a seat, in words. */
export function formatFateWords(message: Message, seat: string): string {
  if (!message.accepted_by.includes(seat))
    return message.to_finished ? 'refused, the seat had finished' : 'refused';
  if (message.dropped?.includes(seat)) return 'lost on the way, on purpose';
  const readTime = message.read[seat];
  if (!message.reads_recorded) return 'sent; the run does not record reading';
  if (readTime === undefined) return message.to_finished ? 'not read, the seat had finished' : 'not read';
  return `read at ${formatClockText(readTime)}`;
}
