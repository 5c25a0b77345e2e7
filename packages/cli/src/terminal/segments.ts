import { cutToWidth, displayWidth } from './display-width.ts';
import type { Paint, Style } from './paint.ts';

/** A part of a line. Lines are cut before they are painted, so that no colour sequence is cut. */
export type Segment = string | readonly [style: Style, text: string];

export function textOf(segment: Segment): string {
  return typeof segment === 'string' ? segment : segment[1];
}

/** Cuts a line to `columns` and paints it. */
export function paintedLine(
  segments: readonly Segment[],
  columns: number,
  paint: Paint,
): { readonly painted: string; readonly width: number } {
  const whole = segments.map(textOf).join('');
  const kept = cutToWidth(whole, columns);
  const ellipsis = kept === whole ? '' : kept.slice(-1);
  let remaining = kept.length - ellipsis.length;
  let painted = '';
  for (const segment of segments) {
    const text = textOf(segment).slice(0, remaining);
    remaining -= text.length;
    if (text !== '') painted += typeof segment === 'string' ? text : paint(segment[0], text);
  }
  return { painted: painted + ellipsis, width: displayWidth(kept) };
}
