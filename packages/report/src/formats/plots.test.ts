import { renderToString } from 'preact-render-to-string';
import { expect, test } from 'vitest';
import { renderBarPlot, renderIntervalPlot } from './plots.ts';

const estimates = [
  { label: 'coop merged', value: 0.45, interval: [0.4, 0.5] as const },
  { label: 'a condition with a name that has more characters than fit', value: 0.5, interval: null },
];
const widthOf = (svg: string): number => Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);

test('wide plots have the same columns, whatever their labels', () => {
  const one = renderToString(renderIntervalPlot('Rates', estimates.slice(0, 1)) as never);
  const other = renderToString(
    renderBarPlot('Causes', [{ label: estimates[1]?.label ?? '', count: 3 }]) as never,
  );
  expect([widthOf(one), widthOf(other)]).toEqual([810, 810]);
  expect(other).toContain('>a condition with a name that has more…<');
});

test('a compact plot fits on a phone: its labels have the room that they need, up to 24 characters', () => {
  const one = renderToString(renderIntervalPlot('Rates', estimates.slice(0, 1), true) as never);
  expect(widthOf(one)).toBe(16 + 7 * 'coop merged'.length + 190 + 70);
  const both = renderToString(renderIntervalPlot('Rates', estimates, true) as never);
  expect(widthOf(both)).toBe(444);
  expect(both).toContain('>a condition with a name…<');
});
