import { count, percent } from '@cooperbench/command/figures';
import type { Report } from '../report/report.ts';
import { rateName } from '../report/sections.ts';
import type { Interval } from '../statistics/clusters.ts';
import { oneLine } from './safe.ts';

/** Okabe and Ito's colours, which people with any colour vision can tell apart. Each has a shape of its own, too. */
const marks = {
  merged: ['#0072B2', (x: number, y: number) => `<circle cx="${x}" cy="${y}" r="4"/>`],
  overall: ['#D55E00', (x: number, y: number) => `<rect x="${x - 4}" y="${y - 4}" width="8" height="8"/>`],
  individual: ['#009E73', (x: number, y: number) => `<path d="M${x} ${y - 5}l5 9h-10z"/>`],
} as const;

interface Line {
  readonly kind: keyof typeof marks;
  readonly name: string;
  readonly value: number;
  readonly interval: Interval | null;
  readonly counted: string;
}

const size = { label: 190, plot: 330, row: 18, gap: 14, top: 34, bottom: 46 };
/** Upper limit of the width of a character of the counts, of 10 pixels of height. */
const characterWidth = 5.6;

/** The rates of each condition with their intervals, as an SVG that needs no other file. Agents may have written the labels. */
export function figure({ conditions, cluster }: Report): string {
  const groups = conditions.flatMap((one) => {
    const lines = (Object.keys(marks) as Line['kind'][]).flatMap((kind): Line[] => {
      const { rate, interval, observations, clusters } = one[kind];
      if (rate === null) return [];
      const unit = kind === 'individual' ? 'seat' : 'pair';
      const counted = `n = ${count(observations, unit)}, ${count(clusters, cluster)}${interval ? '' : ', interval not estimable'}`;
      return [{ kind, name: rateName(kind, one), value: rate, interval, counted }];
    });
    return lines.length > 0 ? [{ label: one.label, lines }] : [];
  });
  const all = groups.flatMap(({ lines }) => lines);
  const ticks = ticksOf(all.flatMap(({ value, interval }) => [value, ...(interval ?? [])]));
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const x = (value: number): number => round(size.label + ((value - low) / (high - low)) * size.plot);
  const height = all.length * size.row + groups.length * size.gap;
  const base = size.top + height;
  const longest = Math.max(0, ...all.map(({ counted }) => counted.length));
  const width = size.label + size.plot + 20 + Math.ceil(longest * characterWidth);
  let y = size.top;
  const rows = groups.flatMap(({ label, lines }) => {
    const middle = y + (lines.length * size.row) / 2;
    const name = `<text x="${size.label - 12}" y="${middle + 4}" text-anchor="end">${escaped(short(label))}</text>`;
    const drawn = lines.map((line) => {
      y += size.row;
      return lineOf(line, y - size.row / 2, x);
    });
    y += size.gap;
    return [name, ...drawn];
  });
  // Where an agent works alone, its pairs pass, and are not merged.
  const kinds = [...Map.groupBy(all, ({ kind }) => kind)];
  const legend = kinds.map(([kind, lines], index) => {
    const name = [...new Set(lines.map((line) => line.name))].join(' or ');
    const [colour, shape] = marks[kind];
    const at = size.label + index * 120;
    return `<g fill="${colour}">${shape(at + 5, 14)}</g><text x="${at + 16}" y="18">${escaped(name)}</text>`;
  });
  const axis = ticks.map(
    (tick) =>
      `<path d="M${x(tick)} ${size.top}V${base}" stroke="#cccccc"/><text x="${x(tick)}" y="${base + 16}" text-anchor="middle">${round(tick * 100)}</text>`,
  );
  const shared = cluster === 'repo' ? 'repositories' : 'tasks';
  const title = `Pass rate in %, with 95% intervals that account for shared ${shared}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${base + size.bottom}" viewBox="0 0 ${width} ${base + size.bottom}" font-family="Helvetica, Arial, sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...legend,
    ...axis,
    `<path d="M${size.label} ${base}H${size.label + size.plot}" stroke="#000000"/>`,
    `<text x="${size.label + size.plot / 2}" y="${base + 36}" text-anchor="middle">${title}</text>`,
    ...rows,
    '</svg>\n',
  ].join('\n');
}

function lineOf(
  { kind, name, value, interval, counted }: Line,
  y: number,
  x: (value: number) => number,
): string {
  const [colour, shape] = marks[kind];
  const whisker = interval
    ? `<path d="M${x(interval[0])} ${y}H${x(interval[1])}M${x(interval[0])} ${y - 4}v8M${x(interval[1])} ${y - 4}v8" stroke="${colour}" stroke-width="1.5" fill="none"/>`
    : '';
  return `<g><title>${escaped(name)} ${percent(value)}</title>${whisker}<g fill="${colour}">${shape(x(value), y)}</g><text x="${size.label + size.plot + 10}" y="${y + 4}" font-size="10">${counted}</text></g>`;
}

/** Round steps that contain all values, between 0 and 1. */
function ticksOf(values: readonly number[]): number[] {
  const [least, most] = [Math.min(1, ...values), Math.max(0, ...values)];
  const span = Math.max(0.05, most - least);
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25].find((one) => span / one <= 6) ?? 0.25;
  const first = Math.floor(Math.max(0, least) / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.min(1, most) / step - 1e-9));
  // No rate is above 1.
  const excess = Math.max(0, last - Math.round(1 / step));
  return Array.from({ length: last - first + 1 }, (_, index) => round((first - excess + index) * step));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Keeps both ends of a long label: names of runs often differ only in the last characters. */
function short(label: string): string {
  const line = oneLine(label);
  return line.length > 28 ? `${line.slice(0, 11)}…${line.slice(-16)}` : line;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
