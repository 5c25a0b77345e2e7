import type { Lane, Message, PairDocument, Step } from '../../data/model.ts';
import { listClockTicks } from '../parts/clock.ts';
import type { Span } from './span.ts';

/** Where everything of the swim lanes goes, in pixels. */
export interface LanesLayout {
  readonly width: number;
  readonly height: number;
  /** Returns the horizontal place of a time in seconds. */
  readonly x: (seconds: number) => number;
  /** Returns the time at a horizontal place. */
  readonly timeAt: (x: number) => number;
  readonly ticks: readonly number[];
  readonly lanes: readonly LaneShape[];
  readonly arrows: readonly Arrow[];
}

export interface LaneShape {
  readonly lane: Lane;
  /** Middle of the bar. */
  readonly y: number;
  readonly left: number;
  readonly right: number;
  readonly steps: readonly {
    readonly step: Step;
    readonly x: number;
    readonly width: number;
    /** Pixels for words beside the mark, before the next one. */
    readonly room: number;
    /** Pixels that the model took before the step, and that its commands take. */
    readonly model: number;
    readonly commands: number;
  }[];
  /** Cost over time below the bar, as the outline of an area. It is empty if no cost is known. */
  readonly cost: string;
}

/** A message on its way to one seat. */
export interface Arrow {
  readonly message: Message;
  readonly to: string;
  /** `read`: it ends where it was read. `unread`: nobody read it. `refused`: the seat did not accept it. */
  /** `sent`: the run does not record reading. */
  /** `dropped`: a fault that the user asked for kept it from the seat. */
  readonly fate: 'read' | 'sent' | 'unread' | 'refused' | 'dropped';
  readonly from: readonly [x: number, y: number];
  readonly end: readonly [x: number, y: number];
}

export const barHeight = 18;
export const costHeight = 26;
const headHeight = 44;
const laneHeight = headHeight + barHeight + costHeight + 6;
const gap = 42;
const axisHeight = 26;
const margin = 10;

/** Lays out the lanes of a trial for a page of some width, which shows `span`. What is out of sight is beside the page. */
export function layoutLanes(pair: PairDocument, width: number, span: Span): LanesLayout {
  const length = span.to - span.from;
  const x = (seconds: number): number => margin + ((seconds - span.from) / length) * (width - 2 * margin);
  const maxCost = Math.max(
    0,
    ...pair.lanes.flatMap(({ steps }) => steps.map((step) => step.total_cost ?? 0)),
  );
  const lanes = pair.lanes.map((lane, index): LaneShape => {
    const y = axisHeight + index * (laneHeight + gap) + headHeight + barHeight / 2;
    const last = lane.steps.findLast((step) => step.seconds !== null)?.seconds ?? 0;
    const right = x(Math.max(lane.end ?? pair.clock.seconds, last));
    const placed = lane.steps.filter((step) => step.seconds !== null);
    return {
      lane,
      y,
      left: x(lane.start ?? 0),
      right,
      steps: placed.map((step, stepIndex) => {
        const stepX = x(step.seconds ?? 0);
        const next = placed[stepIndex + 1] ? x(placed[stepIndex + 1]?.seconds ?? 0) : right;
        const mark = Math.max(2, Math.min(next - stepX - 1, 14));
        const toPixels = (seconds: number | null): number =>
          seconds === null ? 0 : (seconds / length) * (width - 2 * margin);
        return {
          ...{ step, x: stepX, width: mark, room: next - stepX - mark },
          ...{ model: toPixels(step.model_seconds), commands: toPixels(step.command_seconds) },
        };
      }),
      cost: formatCostOutline(placed, maxCost, x, y + barHeight / 2 + 4, right),
    };
  });
  return {
    width,
    height: axisHeight + lanes.length * (laneHeight + gap) - gap + 4,
    x,
    timeAt: (place) => span.from + ((place - margin) / (width - 2 * margin)) * length,
    ticks: listClockTicks(length, Math.max(2, Math.floor(width / 90)), span.from),
    lanes,
    arrows: pair.messages.flatMap((message) => listArrows(message, lanes, x)),
  };
}

/** Returns the cost of a seat so far, even while it works. Returns null if the price is not known. */
export function getSpent({ status, cost, steps }: Lane): number | null {
  return status === '' ? (steps.at(-1)?.total_cost ?? null) : cost;
}

function formatCostOutline(
  steps: readonly Step[],
  maxLabels: number,
  x: (seconds: number) => number,
  top: number,
  right: number,
): string {
  if (maxLabels === 0 || steps.every((step) => step.total_cost === null)) return '';
  const base = top + costHeight;
  const scaleCost = (cost: number): number => base - (cost / maxLabels) * costHeight;
  const corners = steps.map(
    (step) => `H${formatPixelText(x(step.seconds ?? 0))}V${formatPixelText(scaleCost(step.total_cost ?? 0))}`,
  );
  return `M${formatPixelText(x(steps[0]?.seconds ?? 0))} ${base}${corners.join('')}H${formatPixelText(right)}V${base}Z`;
}

function formatPixelText(pixels: number): string {
  return pixels.toFixed(1);
}

function buildFate({ accepted_by, read, dropped, reads_recorded }: Message, seat: string): Arrow['fate'] {
  if (!accepted_by.includes(seat)) return 'refused';
  if (dropped?.includes(seat)) return 'dropped';
  if (!reads_recorded) return 'sent';
  return read[seat] === undefined ? 'unread' : 'read';
}

function listArrows(message: Message, lanes: readonly LaneShape[], x: (seconds: number) => number): Arrow[] {
  const sender = lanes.find(({ lane }) => lane.seat === message.from);
  if (!sender) return [];
  const recipients = lanes.filter(
    ({ lane: { seat } }) => seat !== message.from && (message.to === 'all' || message.to === seat),
  );
  return recipients.map((recipient): Arrow => {
    const { seat } = recipient.lane;
    const readTime = message.read[seat];
    const fate = buildFate(message, seat);
    const direction = recipient.y > sender.y ? 1 : -1;
    const start = sender.y + (direction * barHeight) / 2;
    const target = recipient.y - direction * (barHeight / 2 + 2);
    const sentX = x(message.seconds);
    // A message that nobody read ends on its way.
    const end =
      fate === 'read' || fate === 'sent'
        ? [x(readTime ?? message.seconds), target]
        : [sentX, start + (target - start) * (fate === 'refused' ? 0.35 : 0.6)];
    return { message, to: seat, fate, from: [sentX, start], end: end as [number, number] };
  });
}
