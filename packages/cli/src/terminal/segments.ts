import { cutToWidth, displayWidth } from './display-width.ts';
import type { Paint, Style } from './paint.ts';

/** A part of a line. It is cut before it is painted, so that no colour sequence is cut. */
export type Segment = string | readonly [style: Style, text: string];

export function textOf(segment: Segment): string {
  return typeof segment === 'string' ? segment : segment[1];
}

/** The line, cut to `columns`. */
export function paintedLine(
  segments: readonly Segment[],
  columns: number,
  paint: Paint,
): { readonly painted: string; readonly width: number } {
  const whole = segments.map(textOf).join('');
  const kept = cutToWidth(whole, columns);
  const ellipsis = kept === whole ? '' : kept.slice(-1);
  let left = kept.length - ellipsis.length;
  let painted = '';
  for (const segment of segments) {
    const text = textOf(segment).slice(0, left);
    left -= text.length;
    if (text !== '') painted += typeof segment === 'string' ? text : paint(segment[0], text);
  }
  return { painted: painted + ellipsis, width: displayWidth(kept) };
}
