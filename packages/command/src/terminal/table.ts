import { computeDisplayWidth, wrapToWidth } from './display-width.ts';
import type { Paint } from './paint.ts';
import { safeText } from './safe-text.ts';
import { getText, paintLine, type Segment } from './segments.ts';

/** One text for each column. A text may have several lines. It may be untrusted: the table makes it safe. */
export type Row = readonly Segment[];

export interface TableOptions {
  /** The titles of the columns. */
  readonly head?: readonly string[];
  /** Indices, from 0, of columns that are aligned to the right, such as numbers. */
  readonly right?: readonly number[];
  /** Minimum width of each column, so that several tables line up. */
  readonly minWidths?: readonly number[];
  /** The beginning of every line. */
  readonly indent?: string;
  /** The width of the terminal. If it is absent, the table is as wide as its texts. */
  readonly columns?: number | undefined;
}

const maxCharacters = 10_000;

/** Returns the lines of a table. All tables of the command line use it. */
export function table(rows: readonly Row[], options: TableOptions & { readonly paint: Paint }): string[] {
  const { paint } = options;
  return formatTableLines(rows, options).map((line) => paintLine(line, paint));
}

/** Like `table`, before painting. Leaves out columns without text. Wraps long texts on a narrow terminal. */
export function formatTableLines(rows: readonly Row[], options: TableOptions): (readonly Segment[])[] {
  const { head, right = [], minWidths = [], indent = '', columns } = options;
  const allRows: readonly Row[] = head ? [head.map((title): Segment => ['bold', title]), ...rows] : rows;
  const last = Math.max(0, ...rows.map((row) => row.length));
  const shownColumns = [...Array(last).keys()].filter((index) =>
    rows.some((row) => getText(row[index] ?? '') !== ''),
  );
  if (shownColumns.length === 0) return [];
  const cells = allRows.map((row) => shownColumns.map((index) => splitSafeLines(getText(row[index] ?? ''))));
  const widths = shownColumns.map((index, column) => {
    const lines = cells.flatMap((row) => row[column] ?? []);
    return Math.max(minWidths[index] ?? 0, ...lines.map(computeDisplayWidth));
  });
  const room = (columns ?? Number.POSITIVE_INFINITY) - indent.length - 2 * (shownColumns.length - 1);
  narrow(widths, cells, room);
  const excess = widths.reduce((sum, width) => sum + width, -room);
  // One space between columns, if that makes the table fit.
  const gap = excess > 0 && excess < shownColumns.length ? ' ' : '  ';
  return cells.flatMap((row, number) => {
    const wrappedCells = row.map((lines, column) =>
      lines.flatMap((line) => wrapToWidth(line, widths[column] ?? 0)),
    );
    const height = Math.max(...wrappedCells.map((lines) => lines.length));
    return [...Array(height).keys()].map((line) => {
      const parts = shownColumns.flatMap((index, column): Segment[] => {
        const text = wrappedCells[column]?.[line] ?? '';
        const padding = ' '.repeat((widths[column] ?? 0) - computeDisplayWidth(text));
        const segment = restyle(allRows[number]?.[index] ?? '', text);
        return [
          column === 0 ? indent : gap,
          ...(right.includes(index) ? [padding, segment] : [segment, padding]),
        ];
      });
      return parts.slice(0, parts.findLastIndex((part) => getText(part).trim() !== '') + 1);
    });
  });
}

function splitSafeLines(text: string): string[] {
  return text.split('\n').map((line) => safeText(line, maxCharacters));
}

/** Narrows the widest columns. Never breaks a word, so that a path can be copied. */
function narrow(widths: number[], cells: readonly (readonly (readonly string[])[])[], room: number): void {
  const words = widths.map((_, column) =>
    cells.flatMap((row) => row[column]?.flatMap((line) => line.split(' ')) ?? []),
  );
  const minWidths = words.map((texts) => Math.max(...texts.map(computeDisplayWidth)));
  for (let excess = widths.reduce((sum, width) => sum + width, -room); excess > 0; excess -= 1) {
    const wrappable = widths.map((width, column) => (width > (minWidths[column] ?? 0) ? width : 0));
    const widest = Math.max(...wrappable);
    if (widest === 0) return;
    widths[wrappable.indexOf(widest)] = widest - 1;
  }
}

function restyle(segment: Segment, text: string): Segment {
  return typeof segment === 'string' ? text : [segment[0], text];
}
