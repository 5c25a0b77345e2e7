import { count } from '@cooperbench/command/figures';
import type { Report } from '../report/report.ts';
import { rateName } from '../report/sections.ts';
import type { Interval } from '../statistics/clusters.ts';
import type { Drawing, Point, Shape, TextShape } from './drawing.ts';
import { computeTextWidth } from './font.ts';
import { formatOneLine } from './safe.ts';

/** Okabe and Ito's colours, which people with any colour vision can tell apart. Each has a shape of its own, too. */
const markers = {
  merged: {
    colour: '#0072B2',
    draw: (x: number, y: number, colour: string): Shape => ({
      kind: 'circle',
      centre: [x, y],
      radius: 4,
      colour,
    }),
  },
  overall: {
    colour: '#D55E00',
    draw: (x: number, y: number, colour: string): Shape =>
      drawPolygon(colour, [x - 4, y - 4], [x + 4, y - 4], [x + 4, y + 4], [x - 4, y + 4]),
  },
  individual: {
    colour: '#009E73',
    draw: (x: number, y: number, colour: string): Shape =>
      drawPolygon(colour, [x, y - 5], [x + 5, y + 4], [x - 5, y + 4]),
  },
} as const;

interface Line {
  readonly kind: keyof typeof markers;
  readonly name: string;
  readonly value: number;
  readonly interval: Interval | null;
  readonly counted: string;
}

const size = { plot: 330, row: 18, gap: 14, top: 34, bottom: 46, margin: 12 };
const fontSize = { words: 12, counts: 10 };

/** Draws the rates of each condition with their intervals. Agents may have written the labels. */
export function drawFigure({ conditions, cluster }: Report): Drawing {
  const groups = conditions.flatMap((condition) => {
    const lines = (Object.keys(markers) as Line['kind'][]).flatMap((kind): Line[] => {
      const { rate, interval, observations, clusters } = condition[kind];
      if (rate === null) return [];
      const unit = kind === 'individual' ? 'seat' : 'pair';
      const counted = `n = ${count(observations, unit)}, ${count(clusters, cluster)}${interval ? '' : ', interval not estimable'}`;
      return [{ kind, name: rateName(kind, condition), value: rate, interval, counted }];
    });
    return lines.length > 0 ? [{ label: shortenLabel(condition.label), lines }] : [];
  });
  const allLines = groups.flatMap(({ lines }) => lines);
  const ticks = computeTicks(allLines.flatMap(({ value, interval }) => [value, ...(interval ?? [])]));
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const findWidest = (texts: readonly string[], height: number): number =>
    Math.ceil(Math.max(0, ...texts.map((text) => computeTextWidth(text, height))));
  const labels = findWidest(
    groups.map(({ label }) => label),
    fontSize.words,
  );
  // The title of the axis is centred below the plot, and may be wider.
  const left = Math.max(60, size.margin * 2 + labels);
  const right = left + size.plot;
  const x = (value: number): number => round(left + ((value - low) / (high - low)) * size.plot);
  const base = size.top + allLines.length * size.row + groups.length * size.gap;
  const width =
    right +
    size.margin * 2 +
    findWidest(
      allLines.map(({ counted }) => counted),
      fontSize.counts,
    );
  let y = size.top;
  const rows = groups.flatMap(({ label, lines }) => {
    const middle = y + (lines.length * size.row) / 2;
    const shapes = lines.flatMap((line) => {
      y += size.row;
      return drawLine(line, y - size.row / 2, x, right);
    });
    y += size.gap;
    return [words(label, [left - size.margin, middle + 4], 'end'), ...shapes];
  });
  // Where an agent works alone, its pairs pass, and are not merged.
  const kinds = [...Map.groupBy(allLines, ({ kind }) => kind)];
  const legend = kinds.flatMap(([kind, lines], index) => {
    const name = [...new Set(lines.map((line) => line.name))].join(' or ');
    const { colour, draw } = markers[kind];
    const at = left + index * 120;
    return [draw(at + 5, 14, colour), words(name, [at + 16, 18])];
  });
  const axis = ticks.flatMap((tick): Shape[] => [
    {
      kind: 'lines',
      ends: [
        [
          [x(tick), size.top],
          [x(tick), base],
        ],
      ],
      colour: '#cccccc',
      thickness: 1,
    },
    words(String(round(tick * 100)), [x(tick), base + 16], 'middle'),
  ]);
  const clusterUnit = cluster === 'repo' ? 'repositories' : 'tasks';
  const title = `Pass rate in %, with 95% intervals that account for shared ${clusterUnit}`;
  const line: Shape = {
    kind: 'lines',
    ends: [
      [
        [left, base],
        [right, base],
      ],
    ],
    colour: '#000000',
    thickness: 1,
  };
  const caption = words(title, [left + size.plot / 2, base + 36], 'middle');
  return { title, width, height: base + size.bottom, shapes: [...legend, ...axis, line, caption, ...rows] };
}

function drawLine(
  { kind, value, interval, counted }: Line,
  y: number,
  x: (value: number) => number,
  right: number,
): Shape[] {
  const { colour, draw } = markers[kind];
  const [from, to] = interval ? interval.map(x) : [];
  const whisker: Shape[] =
    from === undefined || to === undefined
      ? []
      : [
          {
            ...{ kind: 'lines', colour, thickness: 1.5 },
            ends: [
              [
                [from, y],
                [to, y],
              ],
              [
                [from, y - 4],
                [from, y + 4],
              ],
              [
                [to, y - 4],
                [to, y + 4],
              ],
            ],
          },
        ];
  const count = words(counted, [right + size.margin, y + 4], 'start', fontSize.counts);
  return [...whisker, draw(x(value), y, colour), count];
}

function words(
  text: string,
  point: Point,
  anchor: TextShape['anchor'] = 'start',
  height = fontSize.words,
): TextShape {
  return { kind: 'words', at: point, anchor, size: height, text };
}

function drawPolygon(colour: string, ...corners: readonly Point[]): Shape {
  return { kind: 'polygon', corners, colour };
}

/** Round steps that contain all values, between 0 and 1. */
function computeTicks(values: readonly number[]): number[] {
  const [minValue, maxValue] = [Math.min(1, ...values), Math.max(0, ...values)];
  const span = Math.max(0.05, maxValue - minValue);
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25].find((candidate) => span / candidate <= 6) ?? 0.25;
  const first = Math.floor(Math.max(0, minValue) / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.min(1, maxValue) / step - 1e-9));
  // No rate is above 1.
  const excess = Math.max(0, last - Math.round(1 / step));
  return Array.from({ length: last - first + 1 }, (_, index) => round((first - excess + index) * step));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Keeps both ends of a long label: names of runs often differ only in the last characters. */
function shortenLabel(label: string): string {
  const line = formatOneLine(label);
  return line.length > 40 ? `${line.slice(0, 17)}…${line.slice(-22)}` : line;
}
