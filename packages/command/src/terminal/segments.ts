import { computeDisplayWidth, cutToWidth } from './display-width.ts';
import type { Paint, Style } from './paint.ts';

/** A part of a line. */
export type Segment = string | readonly [style: Style, text: string];

export function getText(segment: Segment): string {
  return typeof segment === 'string' ? segment : segment[1];
}

/** Paints a line. */
export function paintLine(segments: readonly Segment[], paint: Paint): string {
  return segments.map((segment) => (typeof segment === 'string' ? segment : paint(...segment))).join('');
}

/** Paints a line and cuts it to `columns`. */
export function paintedLine(
  segments: readonly Segment[],
  columns: number,
  paint: Paint,
): { readonly painted: string; readonly width: number } {
  const painted = cutToWidth(paintLine(segments, paint), columns);
  return { painted, width: computeDisplayWidth(painted) };
}
