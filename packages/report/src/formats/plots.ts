import { formatPercent } from '@cooperbench/command/figures';
import { type ComponentChild, h } from 'preact';
import type { Interval } from '../statistics/clusters.ts';

/** A value with its interval, as one line of a plot. Fractions of 1. */
export interface Estimate {
  readonly label: string;
  readonly value: number;
  readonly interval: Interval | null;
}

const valueWidth = 70;
const rowHeight = 26;

interface Columns {
  readonly labelWidth: number;
  readonly plotWidth: number;
  /** Characters that a label may have. */
  readonly most: number;
}

/** Wide plots below each other have the same columns. */
function buildColumns(plotted: readonly { readonly label: string }[], compact: boolean): Columns {
  if (!compact) return { labelWidth: 260, plotWidth: 480, most: 38 };
  const maxLabelChars = Math.min(24, Math.max(0, ...plotted.map(({ label }) => label.length)));
  return { labelWidth: 16 + 7 * maxLabelChars, plotWidth: 190, most: maxLabelChars };
}

/**
 * Estimates below each other on one axis, each a dot with its interval. Ends beyond the axis become arrows. `compact`: about
 * half as wide, for a phone.
 */
export function renderIntervalPlot(
  title: string,
  estimates: readonly Estimate[],
  compact = false,
): ComponentChild {
  const { labelWidth, plotWidth, most } = buildColumns(estimates, compact);
  const low = estimates.some(({ value, interval }) => Math.min(value, interval?.[0] ?? value) < 0) ? -1 : 0;
  const x = (value: number): number =>
    labelWidth + ((Math.min(1, Math.max(low, value)) - low) / (1 - low)) * plotWidth;
  const height = estimates.length * rowHeight;
  const ticks = [-1, -0.5, 0, 0.25, 0.5, 0.75, 1].filter(
    (tick) => tick >= low && (low === 0 || (tick * 2) % 1 === 0),
  );
  return renderFigure(title, labelWidth + plotWidth, height + 24, [
    ...ticks.flatMap((tick) => [
      h('line', { class: tick === 0 ? 'zero' : 'grid', x1: x(tick), x2: x(tick), y1: 0, y2: height }),
      h('text', { x: x(tick), y: height + 16, 'text-anchor': 'middle' }, `${tick * 100}%`),
    ]),
    ...estimates.flatMap(({ label, value, interval }, index) => {
      const y = index * rowHeight + rowHeight / 2;
      return [
        h('text', { x: labelWidth - 10, y: y + 4, 'text-anchor': 'end' }, shortenLabel(label, most)),
        interval && h('line', { class: 'interval', x1: x(interval[0]), x2: x(interval[1]), y1: y, y2: y }),
        interval && interval[0] < low && h('path', { class: 'mark', d: `M${x(low)} ${y}l8 -5v10z` }),
        interval && interval[1] > 1 && h('path', { class: 'mark', d: `M${x(1)} ${y}l-8 -5v10z` }),
        h('circle', { class: 'mark', cx: x(value), cy: y, r: 4.5 }),
        h('text', { x: labelWidth + plotWidth + 10, y: y + 4 }, formatPercent(value)),
      ];
    }),
  ]);
}

/** Counts as bars below each other. `compact`: as of `intervalPlot`. */
export function renderBarPlot(
  title: string,
  bars: readonly { readonly label: string; readonly count: number }[],
  compact = false,
): ComponentChild {
  const { labelWidth, plotWidth, most: characters } = buildColumns(bars, compact);
  const maxCount = Math.max(1, ...bars.map(({ count }) => count));
  return renderFigure(
    title,
    labelWidth + plotWidth,
    bars.length * rowHeight,
    bars.flatMap(({ label, count }, index) => {
      const y = index * rowHeight;
      const width = (count / maxCount) * plotWidth;
      return [
        h(
          'text',
          { x: labelWidth - 10, y: y + rowHeight / 2 + 4, 'text-anchor': 'end' },
          shortenLabel(label, characters),
        ),
        h('rect', { class: 'bar', x: labelWidth, y: y + 4, width, height: rowHeight - 8 }),
        h('text', { x: labelWidth + width + 8, y: y + rowHeight / 2 + 4 }, String(count)),
      ];
    }),
  );
}

function renderFigure(
  title: string,
  width: number,
  height: number,
  content: readonly ComponentChild[],
): ComponentChild {
  return h('figure', null, [
    h('figcaption', null, title),
    h('svg', { viewBox: `0 0 ${width + valueWidth} ${height}`, role: 'img', 'aria-label': title }, content),
  ]);
}

function shortenLabel(label: string, characters: number): string {
  return label.length > characters ? `${label.slice(0, characters - 1)}…` : label;
}
