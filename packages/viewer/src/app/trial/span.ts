import type { State } from '../route.ts';

/** A part of a clock, in seconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The state of a URL that shows all of the clock. */
export const wholeClock = { from: undefined, to: undefined } as const;

/** Nobody needs to see less than this. */
const leastSeconds = 0.5;

/** Builds the part that the URL names. All of the clock when it names none. */
export function buildSpan({ from, to }: State, seconds: number): Span {
  const wholeSpan = { from: 0, to: Math.max(0.1, seconds) };
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || to === undefined || !(first < last)) return wholeSpan;
  return clipSpan({ from: first, to: last }, wholeSpan.to);
}

/** Returns the part of the URL for a span. */
export function stateOfSpan({ from, to }: Span, seconds: number): State | typeof wholeClock {
  if (from <= 0 && to >= seconds) return wholeClock;
  return { from: from.toFixed(2), to: to.toFixed(2) };
}

/** Returns the span with `factor` times its length. The moment `around` stays in its place. */
export function zoomSpan({ from, to }: Span, seconds: number, factor: number, around: number): Span {
  const centre = Math.min(to, Math.max(from, around));
  const length = Math.max(leastSeconds, (to - from) * factor);
  const left = (centre - from) / (to - from);
  return clipSpan({ from: centre - left * length, to: centre + (1 - left) * length }, seconds);
}

/** Returns the part `by` of its own length later. */
export function moveSpan({ from, to }: Span, seconds: number, fraction: number): Span {
  const shift = fraction * (to - from);
  return clipSpan({ from: from + shift, to: to + shift }, seconds);
}

/** Returns the part, moved as little as it takes to contain a moment and some of what is around it. */
export function moveToContain(span: Span, seconds: number, moment: number): Span {
  const edge = (span.to - span.from) / 10;
  if (moment < span.from) return moveSpan(span, seconds, (moment - edge - span.from) / (span.to - span.from));
  if (moment > span.to) return moveSpan(span, seconds, (moment + edge - span.to) / (span.to - span.from));
  return span;
}

function clipSpan({ from, to }: Span, seconds: number): Span {
  const wholeSeconds = Math.max(0.1, seconds);
  const length = Math.min(wholeSeconds, Math.max(leastSeconds, to - from));
  const start = Math.min(wholeSeconds - length, Math.max(0, from));
  return { from: start, to: start + length };
}
